package dev.millrace.engine.tokenizer;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.LegacyOverrides;
import com.hubspot.jinjava.el.JinjavaInterpreterResolver;
import com.hubspot.jinjava.el.JinjavaProcessors;
import com.hubspot.jinjava.interpret.Context;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.interpret.TemplateError;
import com.hubspot.jinjava.lib.fn.ELFunctionDefinition;
import com.hubspot.jinjava.loader.ResourceNotFoundException;
import dev.millrace.engine.InvalidModelException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.Set;
import jinjava.javax.el.CompositeELResolver;
import jinjava.javax.el.ELResolver;

/** Jinjava with transformers' settings for chat templates and without ways out of the template. */
final class LockedJinjava {
    // The interpreter itself, reachable under this name, was the way into earlier versions.
    private static final String INTERPRETER = "____int3rpr3t3r____";

    private static final int MAX_RANGE = 100_000;
    private static final int MAX_DEPTH = 32;
    private static final int MAX_COLLECTION = 1_000_000;

    private static final ELResolver RESOLVER = resolver();

    private static final Map<Context.Library, Set<String>> DISABLED =
            Map.of(
                    Context.Library.TAG,
                    Set.of("include", "import", "from", "extends", "block", "cycle"),
                    Context.Library.FILTER,
                    Set.of("render", "fromyaml", "toyaml", "log", "random", "shuffle"));

    private LockedJinjava() {}

    private static ELResolver resolver() {
        CompositeELResolver resolver = new CompositeELResolver();
        resolver.add(new PythonStrings());
        resolver.add(JinjavaInterpreterResolver.DEFAULT_RESOLVER_READ_ONLY);
        return resolver;
    }

    static Jinjava create() {
        Jinjava jinjava = new Jinjava(builder().build());
        jinjava.setResourceLocator(
                (name, encoding, interpreter) -> {
                    throw new ResourceNotFoundException("templates cannot read other templates");
                });
        jinjava.registerFilter(new PythonJsonFilter());
        jinjava.registerFilter(new PythonTrimFilter());
        jinjava.registerFunction(function("raise_exception", "raiseException"));
        jinjava.registerFunction(function("strftime_now", "strftimeNow"));
        return jinjava;
    }

    static JinjavaConfig config(RenderDeadline deadline) {
        return builder()
                .withProcessors(
                        JinjavaProcessors.newBuilder()
                                .withNodePreProcessor((node, interpreter) -> deadline.check())
                                .build())
                .build();
    }

    /** Refuses a template that does not parse. */
    static void checkSyntax(String source) {
        if (source.contains(INTERPRETER)) {
            throw invalid("the name of the template engine's own object");
        }
        Jinjava jinjava = create();
        // An unknown filter would be skipped without a word.
        for (String filter : TemplateFilters.in(source)) {
            if (jinjava.getGlobalContext().getFilter(filter) == null) {
                throw invalid("the unknown filter '" + filter + "'");
            }
        }
        JinjavaInterpreter interpreter = jinjava.newInterpreter();
        try {
            interpreter.parse(source);
        } catch (RuntimeException e) {
            throw invalid(e.getMessage());
        }
        for (TemplateError error : interpreter.getErrors()) {
            throw invalid("line " + error.getLineno() + ": " + error.getMessage());
        }
    }

    /** Called by templates. */
    public static Object raiseException(String sentence) {
        throw new RenderErrors.Raised(sentence);
    }

    /** Called by templates, with a format of C's strftime; in UTC, so that all machines agree. */
    public static String strftimeNow(String format) {
        return OffsetDateTime.now(ZoneOffset.UTC)
                .format(DateTimeFormatter.ofPattern(javaPattern(format)));
    }

    private static String javaPattern(String format) {
        StringBuilder pattern = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c == '%' && i + 1 < format.length()) {
                i++;
                pattern.append(javaField(format.charAt(i)));
            } else {
                pattern.append(c == '\'' ? "''" : "'" + c + "'");
            }
        }
        return pattern.toString();
    }

    private static String javaField(char field) {
        return switch (field) {
            case 'Y' -> "uuuu";
            case 'y' -> "uu";
            case 'm' -> "MM";
            case 'd' -> "dd";
            case 'b' -> "MMM";
            case 'B' -> "MMMM";
            case 'a' -> "EEE";
            case 'A' -> "EEEE";
            case 'H' -> "HH";
            case 'M' -> "mm";
            case 'S' -> "ss";
            default -> "'%" + field + "'";
        };
    }

    private static ELFunctionDefinition function(String name, String method) {
        return new ELFunctionDefinition("", name, LockedJinjava.class, method, String.class);
    }

    /** The settings under which real templates come out byte for byte as in Python, once {@link TemplateSource} has been over them. */
    private static JinjavaConfig.Builder builder() {
        return JinjavaConfig.newBuilder()
                .withElResolver(RESOLVER)
                .withFailOnUnknownTokens(false)
                .withNestedInterpretationEnabled(false)
                .withEnableRecursiveMacroCalls(false)
                .withMaxRenderDepth(MAX_DEPTH)
                .withMaxMacroRecursionDepth(MAX_DEPTH)
                .withMaxOutputSize(ChatTemplate.MAX_OUTPUT_CHARS)
                .withMaxStringLength(ChatTemplate.MAX_OUTPUT_CHARS)
                .withMaxListSize(MAX_COLLECTION)
                .withMaxMapSize(MAX_COLLECTION)
                .withRangeLimit(MAX_RANGE)
                .withDisabled(DISABLED)
                .withLegacyOverrides(
                        LegacyOverrides.newBuilder()
                                .withUseTrimmingForNotesAndExpressions(true)
                                .withParseWhitespaceControlStrictly(true)
                                .withUseNaturalOperatorPrecedence(true)
                                .withIterateOverMapKeys(true)
                                .withEvaluateMapKeys(true)
                                .withKeepNullableLoopValues(true)
                                .build());
    }

    static InvalidModelException invalid(String given) {
        return HfTokenizer.refuse(
                TokenizerError.TEMPLATE_INVALID,
                "chat template",
                given,
                "a Jinja template as transformers reads it",
                "Use the template of the original checkpoint");
    }
}
