package dev.millrace.engine.tokenizer;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Rewrites a template so that Jinjava does with it what Python's jinja2 does under transformers' settings: whitespace control
 * (trim_blocks, lstrip_blocks, minus and plus signs) is carried out here, once, on the source, and a few expressions that
 * Jinjava reads differently are written in another way. What it would get wrong without a word is refused.
 *
 * <p>Whitespace rules: https://jinja.palletsprojects.com/en/stable/templates/#whitespace-control.
 */
final class TemplateSource {
    private final String source;
    private final StringBuilder out = new StringBuilder();
    private final Deque<String> open = new ArrayDeque<>();
    private int at;

    /** Whether the text that begins at {@link #at} begins a line. */
    private boolean atLineStart = true;

    /** Whether the last tag eats the whitespace behind it. */
    private boolean eatsWhitespace;

    private TemplateSource(String source) {
        this.source = source;
    }

    static String rewrite(String source) {
        String lines = source.replace("\r\n", "\n").replace('\r', '\n');
        // As jinja2 does, unless told to keep it.
        String trimmed = lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines;
        return new TemplateSource(trimmed).rewrite();
    }

    private String rewrite() {
        TemplateTag tag = TemplateTag.next(source, at);
        while (tag != null) {
            out.append(text(tag));
            at = tag.end();
            emit(tag);
            settle(tag);
            tag = TemplateTag.next(source, at);
        }
        String rest = source.substring(at);
        out.append(eatsWhitespace ? rest.stripLeading() : rest);
        return out.toString();
    }

    /** The text in front of a tag, less what the tags around it eat. */
    private String text(TemplateTag tag) {
        String text = source.substring(at, tag.start());
        if (eatsWhitespace) {
            text = text.stripLeading();
        }
        if (tag.left() == '-') {
            return text.stripTrailing();
        }
        int lineStart = text.lastIndexOf('\n') + 1;
        boolean alone = (lineStart > 0 || atLineStart) && text.substring(lineStart).isBlank();
        boolean eaten = tag.kind() != TemplateTag.Kind.EXPRESSION && tag.left() != '+' && alone;
        return eaten ? text.substring(0, lineStart) : text;
    }

    private void settle(TemplateTag tag) {
        eatsWhitespace = tag.right() == '-';
        boolean trims = tag.kind() != TemplateTag.Kind.EXPRESSION && tag.right() == ' ';
        atLineStart = trims && at < source.length() && source.charAt(at) == '\n';
        if (atLineStart) {
            at++;
        }
    }

    private void emit(TemplateTag tag) {
        switch (tag.kind()) {
            case COMMENT -> {}
            case EXPRESSION -> out.append("{{ ").append(rewritten(tag)).append(" }}");
            case STATEMENT -> emitStatement(tag);
        }
    }

    private void emitStatement(TemplateTag tag) {
        String name = tag.name();
        nest(name, tag);
        if (name.equals("raw")) {
            int end = source.indexOf("{%", tag.end());
            at = end < 0 ? source.length() : end;
            out.append("{% raw %}").append(source, tag.end(), at);
        } else if (!name.equals("generation") && !name.equals("endgeneration")) {
            // Those two mark what a model is trained on and write nothing.
            out.append("{% ").append(rewritten(tag)).append(" %}");
        }
    }

    private void nest(String name, TemplateTag tag) {
        switch (name) {
            case "if" -> open.push(name);
            case "for" -> {
                if (TemplateExpression.hasWord(tag.inner(), "if")) {
                    throw unsupported("a loop with a condition, " + at(tag));
                }
                open.push(name);
            }
            case "else" -> {
                if ("for".equals(open.peek())) {
                    throw unsupported("a loop with an else branch, " + at(tag));
                }
            }
            case "endif", "endfor" -> open.poll();
            default -> {}
        }
    }

    private String rewritten(TemplateTag tag) {
        return TemplateExpression.rewrite(tag.inner());
    }

    private String at(TemplateTag tag) {
        long line = source.substring(0, tag.start()).chars().filter(c -> c == '\n').count() + 1;
        return "line " + line;
    }

    private static RuntimeException unsupported(String given) {
        return LockedJinjava.invalid(given);
    }
}
