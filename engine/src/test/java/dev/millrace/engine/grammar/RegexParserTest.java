package dev.millrace.engine.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.CharacterRunAutomaton;
import org.apache.lucene.util.automaton.Operations;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Patterns against the platform's own engine, and what is refused. */
class RegexParserTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "ab|c",
                "a*",
                "(ab)+c?",
                "[a-c]{2,3}",
                "[^ab]",
                "a.c",
                "\\d+",
                "\\w\\W",
                "\\s|\\S",
                "(?:a|b){2}",
                "(?<name>a)b",
                "a{2}",
                "a{2,}",
                "a+?b",
                "\\u0061",
                "\\u{1F600}",
                "\\x62",
                "[\\d.]+",
                "[a\\-c]",
                "\\.",
                "[\\]a]",
                "\\p{Lu}",
                "\\P{L}",
                "[\\p{Ll}1]",
                "^a",
                "b$",
                "^ab$",
                "^a|b$",
                "",
                "[-a]",
                "é+",
                "\\uD83D\\uDE00",
                "\\/",
                "()"
            })
    void matchesAsThePlatformDoes(String regex) {
        CharacterRunAutomaton whole = run(RegexParser.whole("test", regex));
        CharacterRunAutomaton somewhere = run(RegexParser.somewhere("test", regex));
        Pattern platform =
                Pattern.compile(
                        regex.replace("\\u{1F600}", "\\x{1F600}").replace("[-a]", "[\\-a]"));
        SplittableRandom random = new SplittableRandom(3);
        String alphabet = "aabbcc1. -]\n/AéZ😀";
        int[] characters = alphabet.codePoints().toArray();
        for (int i = 0; i < 4_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int length = random.nextInt(5); length > 0; length--) {
                text.appendCodePoint(characters[random.nextInt(characters.length)]);
            }
            String subject = text.toString();
            assertThat(whole.run(subject))
                    .as("'%s' as a whole", subject)
                    .isEqualTo(platform.matcher(subject).matches());
            boolean lineEnd = subject.endsWith("\n") && regex.contains("$");
            if (!lineEnd) {
                assertThat(somewhere.run(subject))
                        .as("'%s' somewhere", subject)
                        .isEqualTo(platform.matcher(subject).find());
            }
        }
    }

    private static CharacterRunAutomaton run(Automaton automaton) {
        return new CharacterRunAutomaton(Operations.determinize(automaton, Lexemes.WORK));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "(a ~ LLM-GR-01",
                "a) ~ LLM-GR-01",
                "[a ~ LLM-GR-01",
                "a{2 ~ LLM-GR-01",
                "a{3,2} ~ LLM-GR-01",
                "*a ~ LLM-GR-01",
                "a** ~ LLM-GR-01",
                "\\q ~ LLM-GR-01",
                "\\u00 ~ LLM-GR-01",
                "\\p{Nonsense} ~ LLM-GR-01",
                "\\p ~ LLM-GR-01",
                "[b-a] ~ LLM-GR-01",
                "\\ ~ LLM-GR-01",
                "[\\ ~ LLM-GR-01",
                "(?=a) ~ LLM-GR-02",
                "(?<!a)b ~ LLM-GR-02",
                "(a)\\1 ~ LLM-GR-02",
                "\\bword ~ LLM-GR-02",
                "a^b ~ LLM-GR-02",
                "(a$|b)c ~ LLM-GR-02",
                "a{99999} ~ LLM-GR-04"
            })
    void refusesWhatItCannotDo(String regex, String code) {
        assertThatThrownBy(() -> RegexParser.whole("pattern", regex))
                .isInstanceOfSatisfying(
                        GrammarException.class,
                        e ->
                                assertThat(e.problem().code().id())
                                        .as(e.getMessage())
                                        .isEqualTo(code));
    }

    @Test
    void refusesDeepNesting() {
        assertThatThrownBy(() -> RegexParser.whole("pattern", "(".repeat(5_000)))
                .isInstanceOfSatisfying(
                        GrammarException.class,
                        e -> assertThat(e.problem().code()).isEqualTo(GrammarError.LIMIT));
    }

    @Test
    void everyTextGivesAnAutomatonOrAProblem() {
        SplittableRandom random = new SplittableRandom(5);
        String pieces = "ab(){}[]*+?|^$\\.,-:<>=!pPdDuxck019{}";
        for (int i = 0; i < 20_000; i++) {
            StringBuilder regex = new StringBuilder();
            for (int length = random.nextInt(10); length > 0; length--) {
                regex.append(pieces.charAt(random.nextInt(pieces.length())));
            }
            try {
                RegexParser.whole("pattern", regex.toString());
            } catch (GrammarException expected) {
                assertThat(expected.problem().code()).isInstanceOf(GrammarError.class);
            }
        }
    }
}
