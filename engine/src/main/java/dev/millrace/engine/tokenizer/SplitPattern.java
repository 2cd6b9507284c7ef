package dev.millrace.engine.tokenizer;

import java.util.ArrayDeque;
import java.util.Deque;

/** Tells split patterns that may backtrack exponentially: an unbounded repetition of a group that repeats inside. */
final class SplitPattern {
    private final String pattern;
    private final Deque<Boolean> repeatsInside = new ArrayDeque<>();
    private boolean repeats;
    private int at;

    private SplitPattern(String pattern) {
        this.pattern = pattern;
    }

    static boolean mayBlowUp(String pattern) {
        return new SplitPattern(pattern).scan();
    }

    private boolean scan() {
        while (at < pattern.length()) {
            char c = pattern.charAt(at);
            at++;
            if (c == '\\') {
                at++;
            } else if (c == '[') {
                skipClass();
            } else if (c == '(') {
                repeatsInside.push(repeats);
                repeats = false;
            } else if (c == ')' && closeGroup()) {
                return true;
            } else if (isUnbounded(at - 1)) {
                repeats = true;
            }
        }
        return false;
    }

    /** True when the group that ends here repeats without bound and so does something in it. */
    private boolean closeGroup() {
        boolean inner = repeats;
        boolean outer = !repeatsInside.isEmpty() && repeatsInside.pop();
        repeats = inner || outer;
        return inner && isUnbounded(at);
    }

    private boolean isUnbounded(int index) {
        if (index >= pattern.length()) {
            return false;
        }
        char c = pattern.charAt(index);
        if (c != '{') {
            return c == '+' || c == '*';
        }
        int end = pattern.indexOf('}', index);
        return end > index && pattern.charAt(end - 1) == ',';
    }

    private void skipClass() {
        int depth = 1;
        while (at < pattern.length() && depth > 0) {
            char c = pattern.charAt(at);
            at += c == '\\' ? 2 : 1;
            depth += c == '[' ? 1 : c == ']' ? -1 : 0;
        }
    }
}
