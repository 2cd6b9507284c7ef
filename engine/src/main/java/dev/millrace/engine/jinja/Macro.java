package dev.millrace.engine.jinja;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A macro with the scope that it was defined in.
 *
 * @param name for messages
 * @param signature its parameters
 * @param body what it writes
 * @param defined where it was defined
 */
record Macro(String name, MacroParser.Signature signature, Node body, Scope defined)
        implements Function {

    @Override
    public Object call(Scope scope, Arguments arguments) {
        Object caller = arguments.named().get("caller");
        return call(scope, arguments, caller == null ? new Undefined("caller") : caller);
    }

    /** {@code caller} is what the macro knows under that name. */
    String call(Scope scope, Arguments arguments, Object caller) {
        Scope inner = defined.call(scope);
        List<Object> positional = arguments.positional();
        List<String> names = signature.names();
        Set<String> given = new HashSet<>();
        for (int i = 0; i < names.size(); i++) {
            String parameter = names.get(i);
            given.add(parameter);
            if (i < positional.size()) {
                inner.set(parameter, positional.get(i));
            } else if (arguments.named().containsKey(parameter)) {
                inner.set(parameter, arguments.named().get(parameter));
            } else {
                Expression fallback = signature.defaults().get(i);
                inner.set(
                        parameter,
                        fallback == null ? new Undefined(parameter) : fallback.evaluate(inner));
            }
        }
        int used = Math.min(names.size(), positional.size());
        inner.set("varargs", new Tuple(positional.subList(used, positional.size())));
        Map<String, Object> others = new LinkedHashMap<>(arguments.named());
        others.keySet().removeAll(given);
        inner.set("kwargs", others);
        inner.set("caller", caller);
        return body.text(inner);
    }
}
