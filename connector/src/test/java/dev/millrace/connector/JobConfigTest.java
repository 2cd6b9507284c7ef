package dev.millrace.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobConfigTest {
    private static final String MINIMAL =
            """
            model: /models/tiny
            source:
              bootstrap-servers: localhost:9092
              topics: tickets
            schema:
              file: ticket.avsc
            prompt: "{{text}}"
            output:
              topic: answers
            dead-letter:
              topic: dead-letters
            """;

    @TempDir Path folder;

    private JobConfig read(String yaml, String... overrides) {
        return read(yaml, Map.of(), overrides);
    }

    private JobConfig read(String yaml, Map<String, String> environment, String... overrides) {
        try {
            Path file = Files.writeString(folder.resolve("job.yaml"), yaml);
            return JobConfig.read(file, List.of(overrides), environment::get);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void aMinimalFileGetsDefaults() {
        JobConfig config = read(MINIMAL);
        assertThat(config.name()).isEqualTo("millrace");
        assertThat(config.source().topics()).containsExactly("tickets");
        assertThat(config.source().groupId()).isEqualTo("millrace");
        assertThat(config.delivery().guarantee()).isEqualTo(DeliveryGuarantee.EXACTLY_ONCE);
        assertThat(config.delivery().transactionalIdPrefix()).isEqualTo("millrace");
        assertThat(config.delivery().transactionTimeout()).isEqualTo(Duration.ofMinutes(10));
        assertThat(config.checkpoint().interval()).isEqualTo(Duration.ofSeconds(10));
        assertThat(config.schema().subject()).isEqualTo("tickets-value");
        assertThat(config.answer().fields()).containsExactly(Map.entry("answer", AnswerField.TEXT));
        assertThat(config.sampling().params().temperature()).isZero();
        assertThat(config.sampling().seedOfRecord()).isTrue();
        assertThat(config.parallelism()).isEmpty();
    }

    @Test
    void everyKindOfValueIsRead() {
        JobConfig config =
                read(
                        MINIMAL
                                + """
                                name: triage
                                sampling: {temperature: 0.5, top-k: 40, stop: ["a", "\\n"], seed: 9, max-tokens: 8}
                                sampling-columns: {max-tokens: budget}
                                timeout: 90 s
                                checkpoint: {interval: 500 ms, unaligned: true, dir: /tmp/checkpoints}
                                restart: {initial-delay: 100 ms, attempts: 3}
                                parallelism: 3
                                engine: {max-num-seqs: 7}
                                delivery-guarantee: at-least-once
                                """,
                        "source.topics=[a, b]",
                        "source.properties.security.protocol=SSL",
                        "output.fields.reply=text",
                        "output.fields.why=finish-reason",
                        "prompt=[INST] {{text}}");
        assertThat(config.source().topics()).containsExactly("a", "b");
        assertThat(config.source().kafka().properties())
                .containsExactly(Map.entry("security.protocol", "SSL"));
        assertThat(config.output()).isEqualTo(config.source().kafka());
        assertThat(config.sampling().params().stop()).containsExactly("a", "\n");
        assertThat(config.sampling().params().seed()).isEqualTo(9);
        assertThat(config.sampling().seedOfRecord()).isFalse();
        assertThat(config.sampling().columns())
                .containsExactly(Map.entry(SamplingColumn.MAX_TOKENS, FieldPath.parse("budget")));
        assertThat(config.operator().timeout()).isEqualTo(Duration.ofSeconds(90));
        assertThat(config.checkpoint().unaligned()).isTrue();
        assertThat(config.restart().attempts()).contains(3);
        assertThat(config.parallelism()).contains(3);
        assertThat(config.engine().maxNumSeqs()).isEqualTo(7);
        assertThat(config.delivery().transactionalIdPrefix()).isEqualTo("triage");
        assertThat(config.answer().fields().keySet()).containsExactly("reply", "why");
        assertThat(config.prompt())
                .isEqualTo(
                        new PromptConfig.Plain(PromptTemplate.parse("[INST] {{text}}", "prompt")));
    }

    @Test
    void messagesMakeAChat() {
        JobConfig config =
                read(
                        MINIMAL,
                        "prompt=",
                        "messages=[{role: system, content: Be brief}, {role: user, content: '{{text}}'}]");
        assertThat(((PromptConfig.Chat) config.prompt()).turns())
                .extracting(PromptConfig.Turn::role)
                .containsExactly("system", "user");
    }

    @Test
    void variablesOfTheEnvironmentAreFilledInAndSecretsAreNotShown() {
        JobConfig config =
                read(
                        MINIMAL
                                + "name: $${KEPT}\n"
                                + "schema.registry: http://registry:8081\n"
                                + "schema.registry-user: me\n"
                                + "schema.registry-password: ${SECRET}\n",
                        Map.of("SECRET", "s3cr3t$1"),
                        "source.properties.sasl.jaas.config=module ${SECRET};",
                        "source.properties.ssl.truststore.password=${SECRET}");
        assertThat(config.name()).isEqualTo("${KEPT}");
        assertThat(config.source().kafka().properties())
                .containsEntry("sasl.jaas.config", "module s3cr3t$1;");
        assertThat(config.schema().registry().orElseThrow().password()).isEqualTo("s3cr3t$1");
        assertThat(config.toString()).doesNotContain("s3cr3t").contains("sasl.jaas.config=***");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sorce.topics=a | LLM-JB-03 | unknown key 'sorce.topics' | Did you mean 'source.topics'?",
                "sampling.temprature=1 | LLM-JB-03 | sampling.temprature | Did you mean 'sampling.temperature'?",
                "sampling.logit-bias={abc: 1} | LLM-JB-03 | unknown key 'sampling.logit-bias' | a known key",
                "sampling-columns.top-q=a | LLM-JB-03 | 'top-q' | Did you mean 'top-p'?",
                "output.fields.a=txt | LLM-JB-05 | output.fields.a: got 'txt' | one of text, finish-reason",
                "output.json-fields.a=number | LLM-JB-05 | got 'number' | one of string, int",
                "output.fields=a | LLM-JB-05 | output.fields: got one value | a map",
                "source.starting-offsets=newest | LLM-JB-05 | 'newest' | one of earliest, latest, committed",
                "delivery-guarantee=exactly | LLM-JB-05 | 'exactly' | one of exactly-once, at-least-once, none",
                "timeout=soon | LLM-JB-05 | timeout: got 'soon' | 500 ms, 10 s",
                "timeout=0 s | LLM-JB-05 | timeout: got 0 | above 0",
                "checkpoint.interval=-5 s | LLM-JB-05 | checkpoint.interval | 500 ms",
                "parallelism=0 | LLM-JB-05 | parallelism: got 0 | above 0",
                "parallelism=many | LLM-JB-05 | got 'many' | a whole number",
                "max-in-flight=99999999999 | LLM-JB-05 | 99999999999 | a whole number",
                "checkpoint.unaligned=maybe | LLM-JB-05 | 'maybe' | true or false",
                "source.topics=[] | LLM-JB-05 | source.topics: got an empty list | at least one",
                "engine.max-num-seq=4 | LLM-EN-05 | engine options: got unknown option 'max-num-seq' | Did you mean 'max-num-seqs'?",
                "engine.max-num-seqs=few | LLM-EN-04 | engine.max-num-seqs: got 'few' | default",
                "sampling.temperature=-1 | LLM-SP- | sampling.temperature: got -1.0 | [0, 2]",
                "sampling.temperature=NaN | LLM-SP- | got NaN | [0, 2]",
                "sampling.max-tokens=0 | LLM-SP- | sampling.max-tokens: got 0 | at least 1",
                "sampling.n=2 | LLM-SP- | sampling.n: got 2 | temperature",
                "sampling.stop-token-ids=[x] | LLM-JB-05 | sampling.stop-token-ids | whole numbers",
                "messages=[] | LLM-JB-07 | both prompt and messages | one of them",
                "messages-column=tags | LLM-JB-07 | both prompt and messages-column | one of them",
                "prompt= | LLM-JB-04 | neither prompt nor messages | one of them",
                "output.topic= | LLM-JB-04 | no value for output.topic | a value",
                "schema.file= | LLM-JB-04 | neither schema.file nor schema.registry | both",
                "schema.registry=registry:8081 | LLM-JB-05 | schema.registry | http or https",
                "transaction-timeout=1 min | LLM-JB-14 | got 60 s | 310 s",
                "source.properties.isolation.level=x | LLM-JB-05 | isolation.level | delivery-guarantee",
                "name=${NOWHERE} | LLM-JB-06 | NOWHERE | variable",
                "parallelism | LLM-JB-02 | no '=' | keys and values",
                "source.topics=[a | LLM-JB-02 | source.topics | YAML",
            })
    void whatMakesNoSenseIsRefusedWithOneClearMessage(
            String override, String code, String given, String allowed) {
        assertThatExceptionOfType(InvalidJobException.class)
                .isThrownBy(() -> read(MINIMAL, override))
                .withMessageContaining(given)
                .withMessageContaining(allowed)
                .withMessageMatching(Pattern.compile("(?s).*\\[" + code + ".*").pattern());
    }

    @Test
    void missingKeysAreNamedTogether() {
        assertThatExceptionOfType(InvalidJobException.class)
                .isThrownBy(() -> read("name: x\nprompt: y\nschema: {file: z}\n"))
                .withMessageContaining(
                        "no value for model, source.bootstrap-servers, source.topics, output.topic,"
                                + " dead-letter.topic");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'name: [' | LLM-JB-02",
                "'just words' | LLM-JB-02",
                "'' | LLM-JB-02",
                "'name: a\nname: b' | LLM-JB-02"
            })
    void whatIsNoYamlMapIsRefusedWithoutQuotingIt(String yaml, String code) {
        assertThatExceptionOfType(InvalidJobException.class)
                .isThrownBy(() -> read(yaml))
                .withMessageContaining("[" + code + "]")
                .withMessageNotContainingAny("just words");
    }

    @Test
    void aMissingFileIsNamed() {
        Path missing = folder.resolve("missing.yaml");
        assertThatExceptionOfType(InvalidJobException.class)
                .isThrownBy(() -> JobConfig.read(missing, List.of()))
                .withMessageContaining(missing.toString())
                .withMessageContaining("[LLM-JB-01]");
    }

    @Test
    void everyOptionIsInTheTable() {
        String table = JobOption.markdownTable();
        for (JobOption option : JobOption.values()) {
            assertThat(table).contains("| `" + option.key() + "` |");
            assertThat(option.description()).endsWith(".");
        }
    }
}
