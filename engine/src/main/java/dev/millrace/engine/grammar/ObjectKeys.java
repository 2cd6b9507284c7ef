package dev.millrace.engine.grammar;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.CharacterRunAutomaton;
import org.apache.lucene.util.automaton.Operations;

/**
 * What the keys of an object may be, by {@code propertyNames} and {@code patternProperties}, and what each asks of its value.
 *
 * <p>Thread-safety: none; one for each conjunction.
 */
final class ObjectKeys {
    /** Code points of a key that the schema does not name. */
    private static final int MAX_KEY_LENGTH = 64;

    private final Conjunction conjunction;
    private final Lexemes lexemes;
    private final Function<Set<SchemaNode>, Rule> rules;
    private final Map<String, Automaton> patterns = new TreeMap<>();
    private final Constraints limits;
    private final Automaton allowed;

    /**
     * Keys without a name that have values of one kind.
     *
     * @param key quotes included
     */
    record Entry(Lexeme key, Rule value) {}

    ObjectKeys(
            Conjunction conjunction,
            Lexemes lexemes,
            Function<Set<SchemaNode>, Rule> rules,
            Function<Set<SchemaNode>, List<Conjunction>> alternatives) {
        this.conjunction = conjunction;
        this.lexemes = lexemes;
        this.rules = rules;
        Set<SchemaNode> names = new LinkedHashSet<>();
        for (SchemaNode node : conjunction.nodes()) {
            if (node.json().has("propertyNames")) {
                names.add(node.child("propertyNames"));
            }
            node.json()
                    .path("patternProperties")
                    .fieldNames()
                    .forEachRemaining(pattern -> patterns.put(pattern, automaton(node, pattern)));
        }
        List<Conjunction> options = alternatives.apply(names);
        limits = options.size() == 1 ? Constraints.of(options.get(0)) : null;
        allowed = names.isEmpty() ? null : StringTexts.of(options);
    }

    private static Automaton automaton(SchemaNode node, String pattern) {
        String where = "schema at " + node.pointer() + "/patternProperties";
        return Operations.determinize(RegexParser.somewhere(where, pattern), Lexemes.WORK);
    }

    /** What a key's value must fulfil, together. */
    Rule value(String name) {
        if (allowed != null && !matches(allowed, name)) {
            return new Rule.Choice(List.of());
        }
        Set<String> matched = new TreeSet<>(patterns.keySet());
        matched.removeIf(pattern -> !matches(patterns.get(pattern), name));
        Set<SchemaNode> nodes = new LinkedHashSet<>();
        for (SchemaNode node : conjunction.nodes()) {
            if (node.json().path("properties").has(name)) {
                nodes.add(node.child("properties", name));
                nodes.addAll(KeyClass.values(node, matched, true));
            } else {
                nodes.addAll(KeyClass.values(node, matched, false));
            }
        }
        return rules.apply(nodes);
    }

    private static boolean matches(Automaton automaton, String name) {
        return new CharacterRunAutomaton(automaton).run(name);
    }

    /** Keys that are not among {@code names}; {@code all}: also those that the schema says nothing about. */
    List<Entry> entries(List<String> names, boolean all) {
        List<Entry> entries = new ArrayList<>();
        for (KeyClass keys : KeyClass.of(conjunction, all)) {
            if (keys.written()) {
                Rule value = rules.apply(keys.values());
                Lexeme key = value.shortest() < Rule.ENDLESS ? key(keys, names) : null;
                if (key != null && key.distance(key.start()) < Rule.ENDLESS) {
                    entries.add(new Entry(key, value));
                }
            }
        }
        return entries;
    }

    private Lexeme key(KeyClass keys, List<String> names) {
        List<String> quoted = names.stream().map(JsonText::quote).toList();
        if (patterns.isEmpty() && limits != null && StringTexts.isPlain(limits)) {
            int max = limits.maxLength() < 0 ? MAX_KEY_LENGTH : limits.maxLength();
            int min = Math.max(1, limits.minLength());
            return min > max ? null : lexemes.except(Lexemes.string(min, max), quoted);
        }
        String where = "schema at " + conjunction.nodes().iterator().next().pointer();
        return lexemes.except(
                lexemes.of(where, asked(keys), () -> JsonText.quoted(automaton(keys))), quoted);
    }

    private List<Object> asked(KeyClass keys) {
        // Several options are not compared.
        return List.of(
                "key",
                keys.matched(),
                keys.others(),
                limits == null ? new Object() : limits.strings());
    }

    private Automaton automaton(KeyClass keys) {
        Automaton texts = Repetition.of(CharacterSets.any(), 1, MAX_KEY_LENGTH);
        texts = StringTexts.both(Operations.determinize(texts, Lexemes.WORK), allowed);
        for (String pattern : keys.matched()) {
            texts = StringTexts.both(texts, patterns.get(pattern));
        }
        for (String pattern : keys.others()) {
            texts = StringTexts.minus(texts, patterns.get(pattern));
        }
        return texts.getNumStates() == 0 ? Automata.makeEmpty() : texts;
    }
}
