package dev.millrace.engine.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a template into text and tags and takes away the whitespace that jinja2 takes away with transformers' settings:
 * trim_blocks, lstrip_blocks, minus and plus signs.
 *
 * <p>Source: https://jinja.palletsprojects.com/en/stable/templates/#whitespace-control.
 */
final class TemplateLexer {
    private static final Pattern ENDRAW = Pattern.compile("\\{%([-+]?)\\s*endraw\\s*([-+]?)%\\}");

    private final String source;
    private final List<Segment> segments = new ArrayList<>();
    private int at;
    private int line = 1;
    private int lineAt;

    /** Whether the text that begins at {@link #at} begins a line. */
    private boolean atLineStart = true;

    /** Whether the last tag eats the whitespace behind it. */
    private boolean eatsWhitespace;

    private TemplateLexer(String source) {
        this.source = source;
    }

    static List<Segment> segments(String source) {
        String lines = source.replace("\r\n", "\n").replace('\r', '\n');
        // As jinja2 does, unless told to keep it.
        String trimmed = lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines;
        return new TemplateLexer(trimmed).segments();
    }

    private List<Segment> segments() {
        for (TemplateTag tag = TemplateTag.next(source, at);
                tag != null;
                tag = TemplateTag.next(source, at)) {
            addText(text(source.substring(at, tag.start()), tag.left(), isBlock(tag)));
            at = tag.end();
            settle(tag.right(), isBlock(tag));
            add(tag);
        }
        String rest = source.substring(at);
        addText(eatsWhitespace ? PythonText.strip(rest, null, true, false) : rest);
        int unclosed = unclosed(rest);
        if (unclosed >= 0) {
            throw TemplateException.syntax("a tag without an end", lineOf(at + unclosed));
        }
        segments.add(new Segment(Segment.Kind.END, "", "", lineOf(source.length())));
        return segments;
    }

    private static int unclosed(String rest) {
        for (int i = rest.indexOf('{');
                i >= 0 && i + 1 < rest.length();
                i = rest.indexOf('{', i + 1)) {
            if ("{%#".indexOf(rest.charAt(i + 1)) >= 0) {
                return i;
            }
        }
        return -1;
    }

    private void add(TemplateTag tag) {
        int tagLine = lineOf(tag.start());
        switch (tag.kind()) {
            case COMMENT -> {}
            case EXPRESSION ->
                    segments.add(new Segment(Segment.Kind.EXPRESSION, tag.inner(), "", tagLine));
            case STATEMENT -> {
                if (tag.name().equals("raw")) {
                    addRaw(tagLine);
                } else {
                    segments.add(
                            new Segment(Segment.Kind.STATEMENT, tag.inner(), tag.name(), tagLine));
                }
            }
        }
    }

    private void addRaw(int tagLine) {
        Matcher end = ENDRAW.matcher(source).region(at, source.length());
        if (!end.find()) {
            throw TemplateException.syntax("'raw' without 'endraw'", tagLine);
        }
        addText(text(source.substring(at, end.start()), sign(end.group(1)), true));
        at = end.end();
        settle(sign(end.group(2)), true);
    }

    private static char sign(String text) {
        return text.isEmpty() ? ' ' : text.charAt(0);
    }

    private static boolean isBlock(TemplateTag tag) {
        return tag.kind() != TemplateTag.Kind.EXPRESSION;
    }

    private void addText(String text) {
        if (!text.isEmpty()) {
            segments.add(new Segment(Segment.Kind.TEXT, text, "", 0));
        }
    }

    /** The text in front of a tag, less what the tags around it eat. */
    private String text(String before, char left, boolean block) {
        String text = eatsWhitespace ? PythonText.strip(before, null, true, false) : before;
        if (left == '-') {
            return PythonText.strip(text, null, false, true);
        }
        int lineStart = text.lastIndexOf('\n') + 1;
        String lastLine = text.substring(lineStart);
        boolean alone =
                (lineStart > 0 || atLineStart) && lastLine.chars().allMatch(PythonText::isSpace);
        return block && left != '+' && alone ? text.substring(0, lineStart) : text;
    }

    private void settle(char right, boolean block) {
        eatsWhitespace = right == '-';
        boolean trims = block && right == ' ';
        atLineStart = trims && at < source.length() && source.charAt(at) == '\n';
        if (atLineStart) {
            at++;
        }
    }

    private int lineOf(int position) {
        for (; lineAt < position; lineAt++) {
            line += source.charAt(lineAt) == '\n' ? 1 : 0;
        }
        return line;
    }
}
