package dev.millrace.engine.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.AnswerFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the second implementation lets pass, and what it must not. */
class AnswerJudgeTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "{\"type\":\"integer\",\"minimum\":3} ~ 3 ~ true",
                "{\"type\":\"integer\",\"minimum\":3} ~ 2 ~ false",
                "{\"type\":\"integer\"} ~ 3 4 ~ false",
                "{\"type\":\"integer\"} ~ {\"a\" ~ false",
                "{\"type\":\"object\"} ~ {\"a\":1,\"a\":2} ~ false",
                "{\"const\":{\"a\":[2.0]}} ~ {\"a\":[2]} ~ true",
                "{\"type\":\"array\",\"uniqueItems\":true} ~ [1,1.0] ~ false",
                "{\"type\":\"number\",\"multipleOf\":3.1} ~ 942123120071235.7 ~ true",
                "{\"type\":\"string\",\"format\":\"date\"} ~ \"2023-02-29\" ~ false",
                "{\"type\":\"string\",\"pattern\":\"^(a+)+$\"} ~ \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\" ~ false",
                "{\"type\":\"string\",\"pattern\":\"^\\\\d$\"} ~ \"٣\" ~ false"
            })
    void judgesValues(String schema, String answer, boolean valid) {
        AnswerJudge judge = AnswerJudge.of(new AnswerFormat.JsonSchema(schema));
        assertThat(judge.problem(answer).isEmpty()).isEqualTo(valid);
    }

    @Test
    void judgesTextsAndHidesThem() {
        AnswerJudge regex = AnswerJudge.of(new AnswerFormat.Regex("a{2}"));
        assertThat(regex.problem("aa")).isEmpty();
        assertThat(regex.problem("secret").orElseThrow().message())
                .contains("LLM-GR-10")
                .doesNotContain("secret");
        AnswerJudge choice = AnswerJudge.of(new AnswerFormat.Choice(List.of("x", "y")));
        assertThat(choice.problem("y")).isEmpty();
        assertThat(choice.problem("z")).isPresent();
    }

    /** Of a form that the second implementation cannot read, though the first one could. */
    @Test
    void anAnswerThatCannotBeJudgedIsNotUsed() {
        TokenBytes vocabulary = Walks.vocabulary();
        Rule rule = SchemaCompiler.compile("{\"type\":\"null\"}", new Lexemes(vocabulary.single()));
        Grammar grammar =
                new Grammar(
                        new AnswerFormat.JsonSchema("no JSON"),
                        rule,
                        false,
                        new VocabularyTables(vocabulary));
        assertThat(grammar.judge("null").orElseThrow().message())
                .contains("LLM-GR-10", "IllegalArgumentException")
                .doesNotContain("no JSON");
    }
}
