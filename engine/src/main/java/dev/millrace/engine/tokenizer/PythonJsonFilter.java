package dev.millrace.engine.tokenizer;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.PrettyPrinter;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.filter.Filter;
import java.io.IOException;
import java.util.Map;

/** {@code tojson} as transformers has it: Python's {@code json.dumps} with {@code ensure_ascii=False}. */
final class PythonJsonFilter implements Filter {
    private static final int MAX_INDENT = 16;
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @Override
    public String getName() {
        return "tojson";
    }

    @Override
    public Object filter(Object value, JinjavaInterpreter interpreter, String... arguments) {
        return write(value, arguments.length == 0 ? 0 : indent(arguments[0]));
    }

    @Override
    public Object filter(
            Object value,
            JinjavaInterpreter interpreter,
            Object[] arguments,
            Map<String, Object> named) {
        Object indent = arguments.length > 0 ? arguments[0] : named.get("indent");
        return write(value, indent == null ? 0 : indent(indent.toString()));
    }

    private static int indent(String argument) {
        try {
            return Math.max(0, Math.min(MAX_INDENT, Integer.parseInt(argument)));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static String write(Object value, int indent) {
        PrettyPrinter printer = indent == 0 ? new OneLine() : indented(indent);
        try {
            return MAPPER.writer(printer).writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("tojson cannot write this value", e);
        }
    }

    private static PrettyPrinter indented(int indent) {
        DefaultIndenter lines = new DefaultIndenter(" ".repeat(indent), "\n");
        DefaultPrettyPrinter printer =
                new DefaultPrettyPrinter(
                        Separators.createDefaultInstance()
                                .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                                .withObjectEmptySeparator("")
                                .withArrayEmptySeparator(""));
        printer.indentObjectsWith(lines);
        printer.indentArraysWith(lines);
        return printer;
    }

    /** Python's separators: a space after comma and colon. */
    private static final class OneLine extends MinimalPrettyPrinter {
        private static final long serialVersionUID = 1L;

        @Override
        public void writeObjectFieldValueSeparator(JsonGenerator json) throws IOException {
            json.writeRaw(": ");
        }

        @Override
        public void writeObjectEntrySeparator(JsonGenerator json) throws IOException {
            json.writeRaw(", ");
        }

        @Override
        public void writeArrayValueSeparator(JsonGenerator json) throws IOException {
            json.writeRaw(", ");
        }
    }
}
