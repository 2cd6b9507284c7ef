package dev.millrace.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.engine.InvalidRequestException;
import org.apache.avro.generic.GenericRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PromptTemplateTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "plain text | plain text",
                "'' | ''",
                "{{text}} | {{id}} is no template",
                "<{{ text }}> | <{{id}} is no template>",
                "{{id}}{{id}} | 77",
                "{{customer.name}}: {{channel}} | Ada: CHAT",
                "{{urgent}} {{attributes.color}} | true red",
                "a } b }} { c | a } b }} { c",
            })
    void fieldsAreFilledInOnce(String template, String expected) {
        GenericRecord record =
                TestingTickets.decode(
                        TestingTickets.SCHEMA,
                        TestingTickets.encode(TestingTickets.ticket(7, "{{id}} is no template")));
        PromptTemplate parsed = PromptTemplate.parse(template, "prompt");
        parsed.check(TestingTickets.SCHEMA, "prompt");
        assertThat(parsed.render(record)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a {{text | LLM-JB-11 | '{{' without '}}' at character 3",
                "{{}} | LLM-JB-11 | '{{}}' at character 1",
                "{{a b}} | LLM-JB-11 | '{{a b}}'",
                "{{customer.}} | LLM-JB-11 | '{{customer.}}'",
                "{{tezt}} | LLM-JB-09 | Did you mean 'text'?",
                "{{customer.nam}} | LLM-JB-09 | Did you mean 'name'?",
                "{{zzzzzzzz}} | LLM-JB-09 | The schema has id, text, channel",
                "{{text.length}} | LLM-JB-09 | length inside a string",
                "{{tags}} | LLM-JB-09 | a field of type array",
                "{{customer}} | LLM-JB-09 | a field of type record",
                "{{blob}} | LLM-JB-09 | a field of type bytes",
            })
    void whatCannotBeFilledIsRefusedAtPlanning(String template, String code, String message) {
        assertThatExceptionOfType(InvalidJobException.class)
                .isThrownBy(
                        () ->
                                PromptTemplate.parse(template, "prompt")
                                        .check(TestingTickets.SCHEMA, "prompt"))
                .withMessageContaining("[" + code + "]")
                .withMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource({"note", "customer.score", "attributes.size"})
    void aNullOrMissingFieldIsTheRecordsError(String field) {
        PromptTemplate template = PromptTemplate.parse("{{" + field + "}}", "prompt");
        template.check(TestingTickets.SCHEMA, "prompt");
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> template.render(TestingTickets.ticket(1, "x")))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(RecordError.MISSING_FIELD))
                .withMessageContaining("record field " + field);
    }

    @Test
    void aTemplateTravelsToItsTask() throws Exception {
        PromptTemplate template = PromptTemplate.parse("{{id}}: {{text}}", "prompt");
        assertThat(org.apache.flink.util.InstantiationUtil.clone(template)).isEqualTo(template);
    }
}
