package dev.millrace.engine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Items of an array that are all different, each one of a list of values: a rule for each set of values that are still to be
 * had. Of long lists the values come in the order of the list, so that there are fewer such sets.
 *
 * <p>Thread-safety: none; one for each array.
 */
final class UniqueItems {
    private static final int MAX_FREE = 8;
    private static final int MAX_VALUES = 200;

    private final Lexemes lexemes;
    private final List<String> texts;
    private final int min;
    private final int max;
    private final Map<List<Object>, Rule> known = new HashMap<>();

    UniqueItems(Lexemes lexemes, List<String> texts, int min, int max) {
        this.lexemes = lexemes;
        this.texts = texts;
        this.min = min;
        this.max = Math.min(max, texts.size());
    }

    /** The texts of all values that fulfil one of the options; null if they cannot be listed. */
    static List<String> list(List<Conjunction> options, Function<Conjunction, Rule> rules) {
        Map<String, JsonNode> values = new LinkedHashMap<>();
        for (Conjunction option : options) {
            Constraints constraints = Constraints.of(option);
            List<JsonNode> listed = constraints.values().orElse(literals(constraints.types()));
            if (listed == null) {
                return null;
            }
            for (JsonNode value : listed) {
                boolean fresh =
                        values.values().stream().noneMatch(old -> JsonText.same(old, value));
                String text = JsonText.of(value);
                if (fresh && ValueRules.matches(rules.apply(option), text)) {
                    values.put(text, value);
                }
            }
        }
        return values.size() > MAX_VALUES ? null : List.copyOf(values.keySet());
    }

    private static List<JsonNode> literals(Set<JsonType> types) {
        List<JsonNode> values = new ArrayList<>();
        for (JsonType type : types) {
            switch (type) {
                case NULL -> values.add(NullNode.instance);
                case BOOLEAN -> values.addAll(List.of(BooleanNode.FALSE, BooleanNode.TRUE));
                case NUMBER, STRING, ARRAY, OBJECT -> {
                    return null;
                }
            }
        }
        return values;
    }

    /** Items and the commas between them. */
    Rule rule() {
        if (min > max) {
            return new Rule.Choice(List.of());
        }
        List<Integer> all = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            all.add(i);
        }
        return from(all, 0);
    }

    private Rule from(List<Integer> left, int count) {
        boolean bounded = min > 1 || max < texts.size();
        List<Object> key = List.of(left, bounded ? count : Math.min(count, 1));
        Rule rule = known.get(key);
        if (rule == null) {
            List<Rule> options = new ArrayList<>();
            if (count >= min) {
                options.add(new Rule.Sequence(List.of()));
            }
            for (int i = 0; count < max && i < left.size(); i++) {
                options.add(
                        new Rule.Sequence(List.of(item(left.get(i), count), next(left, i, count))));
            }
            rule = new Rule.Choice(options);
            known.put(key, rule);
        }
        return rule;
    }

    private Rule next(List<Integer> left, int taken, int count) {
        List<Integer> rest;
        if (texts.size() <= MAX_FREE) {
            rest = new ArrayList<>(left);
            rest.remove(taken);
        } else {
            rest = left.subList(taken + 1, left.size());
        }
        return from(List.copyOf(rest), count + 1);
    }

    private Rule item(int index, int count) {
        String text = texts.get(index);
        return new Rule.Terminal(
                lexemes.oneOf(count == 0 ? List.of(text) : List.of("," + text, ", " + text)));
    }
}
