package dev.millrace.engine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;

/** The texts that fulfil what a schema asks of strings, as deterministic automata over code points. */
final class StringTexts {
    private StringTexts() {}

    /** Whether nothing but the length is asked for. */
    static boolean isPlain(Constraints constraints) {
        return constraints.values().isEmpty()
                && constraints.types().contains(JsonType.STRING)
                && Stream.of(
                                constraints.patterns(),
                                constraints.formats(),
                                constraints.excludedPatterns(),
                                constraints.excluded(JsonType.STRING))
                        .allMatch(List::isEmpty);
    }

    /** Strings that fulfil one of the conjunctions. */
    static Automaton of(List<Conjunction> options) {
        List<Automaton> texts = new ArrayList<>();
        for (Conjunction option : options) {
            Constraints constraints = Constraints.of(option);
            if (constraints.types().contains(JsonType.STRING)) {
                texts.add(both(of(constraints), listed(constraints)));
            }
        }
        return Operations.determinize(Operations.union(texts), Lexemes.WORK);
    }

    private static Automaton listed(Constraints constraints) {
        if (constraints.values().isEmpty()) {
            return null;
        }
        List<Automaton> texts = new ArrayList<>();
        for (JsonNode value : constraints.values().get()) {
            if (value.isTextual()) {
                texts.add(Automata.makeString(value.textValue()));
            }
        }
        return Operations.determinize(Operations.union(texts), Lexemes.WORK);
    }

    /** Strings that fulfil all but lists of values. */
    static Automaton of(Constraints constraints) {
        boolean anyLength = constraints.minLength() == 0 && constraints.maxLength() < 0;
        Automaton content =
                anyLength ? null : length(constraints.minLength(), constraints.maxLength());
        for (SchemaNode node : constraints.patterns()) {
            String pattern = node.json().get("pattern").textValue();
            String where = "schema at " + node.pointer() + "/pattern";
            content = both(RegexParser.somewhere(where, pattern), content);
        }
        for (SchemaNode node : constraints.formats()) {
            String where = "schema at " + node.pointer() + "/format";
            content = both(RegexParser.whole(where, StringFormats.pattern(node)), content);
        }
        content = content == null ? length(0, -1) : content;
        for (SchemaNode node : constraints.excludedPatterns()) {
            String pattern = node.json().get("not").get("pattern").asText();
            content = minus(content, RegexParser.somewhere("schema at " + node.pointer(), pattern));
        }
        for (JsonNode value : constraints.excluded(JsonType.STRING)) {
            content = minus(content, Automata.makeString(value.textValue()));
        }
        return content;
    }

    private static Automaton length(int min, int max) {
        return Operations.determinize(
                max < 0
                        ? Repetition.atLeast(CharacterSets.any(), min)
                        : Repetition.of(CharacterSets.any(), min, max),
                Lexemes.WORK);
    }

    /** Texts of both, deterministic; {@code right} null for no limit. */
    static Automaton both(Automaton left, Automaton right) {
        Automaton decided = Operations.determinize(left, Lexemes.WORK);
        return right == null
                ? decided
                : decided(
                        Operations.intersection(
                                decided, Operations.determinize(right, Lexemes.WORK)));
    }

    static Automaton minus(Automaton all, Automaton some) {
        return decided(
                Operations.minus(all, Operations.determinize(some, Lexemes.WORK), Lexemes.WORK));
    }

    private static Automaton decided(Automaton automaton) {
        return Operations.determinize(Operations.removeDeadStates(automaton), Lexemes.WORK);
    }
}
