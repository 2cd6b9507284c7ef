package dev.millrace.engine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.Comparator;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Transition;

/** Automata over decoded strings, turned into automata over their canonical JSON text. */
final class JsonText {
    private static final String ESCAPED = "\"\\\b\f\n\r\t";
    private static final String ESCAPES = "\"\\bfnrt";

    /** The state of a quoted automaton that is the first one of its texts. */
    private static final int INSIDE = 2;

    private JsonText() {}

    /** The JSON strings, quotes included, whose values {@code automaton} accepts; both over code points and deterministic. */
    static Automaton quoted(Automaton automaton) {
        Automaton.Builder builder = new Automaton.Builder();
        int start = builder.createState();
        int end = builder.createState();
        builder.setAccept(end, true);
        for (int state = 0; state < automaton.getNumStates(); state++) {
            int inside = builder.createState();
            if (automaton.isAccept(state)) {
                builder.addTransition(inside, end, '"');
            }
        }
        if (automaton.getNumStates() > 0) {
            builder.addTransition(start, INSIDE, '"');
        }
        Transition transition = new Transition();
        for (int state = 0; state < automaton.getNumStates(); state++) {
            int escape = builder.createState();
            builder.addTransition(INSIDE + state, escape, '\\');
            int count = automaton.initTransition(state, transition);
            for (int i = 0; i < count; i++) {
                automaton.getNextTransition(transition);
                addEscaped(builder, transition, escape);
            }
        }
        return builder.finish();
    }

    private static void addEscaped(Automaton.Builder builder, Transition transition, int escape) {
        for (int i = 0; i < ESCAPED.length(); i++) {
            char character = ESCAPED.charAt(i);
            if (transition.min <= character && character <= transition.max) {
                builder.addTransition(escape, INSIDE + transition.dest, ESCAPES.charAt(i));
            }
        }
        addPlain(builder, transition, ' ', '"' - 1);
        addPlain(builder, transition, '"' + 1, '\\' - 1);
        addPlain(builder, transition, '\\' + 1, Character.MAX_CODE_POINT);
    }

    private static void addPlain(
            Automaton.Builder builder, Transition transition, int from, int to) {
        int min = Math.max(from, transition.min);
        int max = Math.min(to, transition.max);
        if (min <= max) {
            builder.addTransition(INSIDE + transition.source, INSIDE + transition.dest, min, max);
        }
    }

    /** Whether two values are the same to JSON Schema: numbers by value, objects whatever the order of their keys. */
    static boolean same(JsonNode left, JsonNode right) {
        return left.equals(BY_VALUE, right);
    }

    private static final Comparator<JsonNode> BY_VALUE =
            (left, right) ->
                    left.isNumber() && right.isNumber()
                            ? left.decimalValue().compareTo(right.decimalValue())
                            : left.equals(right) ? 0 : 1;

    /** The canonical text of a value. */
    static String of(JsonNode value) {
        return switch (JsonType.of(value)) {
            case NULL, BOOLEAN -> value.asText("null");
            case NUMBER -> number(value.decimalValue());
            case STRING -> quote(value.textValue());
            case ARRAY ->
                    StreamSupport.stream(value.spliterator(), false)
                            .map(JsonText::of)
                            .collect(Collectors.joining(",", "[", "]"));
            case OBJECT ->
                    value.properties().stream()
                            .map(entry -> quote(entry.getKey()) + ":" + of(entry.getValue()))
                            .collect(Collectors.joining(",", "{", "}"));
        };
    }

    private static String number(BigDecimal value) {
        return value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString();
    }

    /** The canonical JSON text of a string. */
    static String quote(String value) {
        StringBuilder text = new StringBuilder(value.length() + 2).append('"');
        for (int i = 0; i < value.length(); i++) {
            char character = value.charAt(i);
            int escape = ESCAPED.indexOf(character);
            if (escape >= 0) {
                text.append('\\').append(ESCAPES.charAt(escape));
            } else {
                text.append(character);
            }
        }
        return text.append('"').toString();
    }
}
