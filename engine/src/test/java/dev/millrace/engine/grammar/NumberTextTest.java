package dev.millrace.engine.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.grammar.NumberText.Bound;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.CharacterRunAutomaton;
import org.apache.lucene.util.automaton.Operations;
import org.junit.jupiter.api.Test;

/** Ranges and multiples against decimal arithmetic, over every short text. */
class NumberTextTest {
    private static final Pattern CANONICAL = Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?");
    private static final List<String> TEXTS = texts();

    /** All texts of up to five of these characters. */
    private static List<String> texts() {
        List<String> texts = new ArrayList<>(List.of(""));
        int from = 0;
        for (int length = 1; length <= 5; length++) {
            int to = texts.size();
            for (int i = from; i < to; i++) {
                for (char next : "-.0159".toCharArray()) {
                    texts.add(texts.get(i) + next);
                }
            }
            from = to;
        }
        return texts;
    }

    @Test
    void rangesHoldExactlyTheNumbersBetweenTheirBounds() {
        SplittableRandom random = new SplittableRandom(11);
        for (int i = 0; i < 40; i++) {
            Bound low = bound(random);
            Bound high = bound(random);
            boolean integer = random.nextBoolean();
            CharacterRunAutomaton range = run(NumberText.range(low, high, integer));
            for (String text : TEXTS) {
                assertThat(range.run(text))
                        .as("%s from %s to %s, integer %s", text, low, high, integer)
                        .isEqualTo(inside(text, low, high, integer));
            }
        }
    }

    private static Bound bound(SplittableRandom random) {
        if (random.nextInt(4) == 0) {
            return null;
        }
        int scale = random.nextInt(3);
        return new Bound(
                BigDecimal.valueOf(random.nextInt(-1_600, 1_600), scale), random.nextBoolean());
    }

    private static boolean inside(String text, Bound low, Bound high, boolean integer) {
        if (!CANONICAL.matcher(text).matches() || (integer && text.contains("."))) {
            return false;
        }
        BigDecimal value = new BigDecimal(text);
        if (text.startsWith("-") && value.signum() == 0) {
            return false;
        }
        int aboveLow = low == null ? 1 : value.compareTo(low.value());
        int belowHigh = high == null ? -1 : value.compareTo(high.value());
        return (aboveLow > 0 || (aboveLow == 0 && low.inclusive()))
                && (belowHigh < 0 || (belowHigh == 0 && high.inclusive()));
    }

    @Test
    void multiplesHaveNoRemainder() {
        for (String divisor : List.of("1", "3", "10", "0.5", "0.25", "0.1", "0.03", "15")) {
            BigDecimal by = new BigDecimal(divisor);
            CharacterRunAutomaton multiples =
                    run(
                            Operations.intersection(
                                    NumberText.range(null, null, by.scale() <= 0),
                                    NumberText.multiples(by)));
            for (String text : TEXTS) {
                boolean expected =
                        inside(text, null, null, by.scale() <= 0)
                                && new BigDecimal(text).remainder(by).signum() == 0;
                assertThat(multiples.run(text)).as("%s by %s", text, by).isEqualTo(expected);
            }
        }
    }

    private static CharacterRunAutomaton run(Automaton automaton) {
        return new CharacterRunAutomaton(Operations.determinize(automaton, Lexemes.WORK));
    }
}
