package dev.millrace.engine.loader;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Names of modules in a checkpoint's settings: a class, {@code Linear}, a module by its full name, or {@code re:} with a regular
 * expression that a name begins with.
 *
 * @param names as they are written
 */
record ModuleNames(List<String> names) {
    private static final String REGEX = "re:";
    private static final int MAX_LENGTH = 1000;
    private static final int MAX_STEPS = 100_000;

    ModuleNames {
        names = List.copyOf(names);
    }

    static ModuleNames read(ConfigJson json, String key) {
        List<String> names = new ArrayList<>();
        if (json.has(key)) {
            JsonNode array = json.object().get(key);
            if (!array.isArray()) {
                throw json.invalid(key, array, "a list of module names");
            }
            for (JsonNode name : array) {
                if (!name.isTextual()) {
                    throw json.invalid(key, name, "a module name");
                }
                names.add(checked(json, key, name));
            }
        }
        return new ModuleNames(names);
    }

    private static String checked(ConfigJson json, String key, JsonNode name) {
        String text = name.textValue();
        if (text.length() > MAX_LENGTH) {
            throw json.invalid(key, name, "at most " + MAX_LENGTH + " characters");
        }
        if (text.startsWith(REGEX)) {
            try {
                Pattern unused = Pattern.compile(text.substring(REGEX.length()));
            } catch (PatternSyntaxException e) {
                throw json.invalid(key, name, "a regular expression: " + e.getDescription());
            }
        }
        return text;
    }

    boolean contains(String module) {
        return names.stream().anyMatch(name -> matches(name, module));
    }

    private static boolean matches(String name, String module) {
        if (!name.startsWith(REGEX)) {
            return name.equals("Linear") || name.equals(module);
        }
        try {
            return Pattern.compile(name.substring(REGEX.length()))
                    .matcher(new Bounded(module))
                    .lookingAt();
        } catch (StackOverflowError e) {
            throw tooLong(name);
        }
    }

    private static RuntimeException tooLong(String name) {
        return Problems.refuse(
                QuantizationError.OPTION,
                "quantization_config: " + Problems.quote(name),
                "an expression that takes more than " + MAX_STEPS + " steps on a module's name",
                "a simpler one",
                "Use a checkpoint that was quantised in a supported way");
    }

    /** A text that may be looked at so many times only: an expression can be made to run for ever. */
    private static final class Bounded implements CharSequence {
        private final String text;
        private int steps;

        Bounded(String text) {
            this.text = text;
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public char charAt(int index) {
            if (++steps > MAX_STEPS) {
                throw tooLong(text);
            }
            return text.charAt(index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.substring(start, end);
        }

        @Override
        public String toString() {
            return text;
        }
    }
}
