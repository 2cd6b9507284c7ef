package dev.millrace.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What scripts outside rely on: arguments, JSON, exit codes. */
final class CommandContractTest {
    @TempDir private static Path folder;

    private static String model;
    private static List<JsonNode> prompts;

    @BeforeAll
    static void copyModel() throws IOException {
        model = TestingModel.copyTo(folder).toString();
        prompts = TestingModel.prompts();
    }

    @Test
    void generatePrintsOneObjectPerPromptInTheirOrder() {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "generate",
                                "--model",
                                model,
                                "--max-tokens",
                                "24",
                                "--ignore-eos"));
        arguments.addAll(List.of("--temperature", "0", "--output", "json"));
        for (JsonNode prompt : prompts) {
            arguments.addAll(List.of("--token-ids", TestingModel.argument(prompt.get("ids"))));
        }
        CommandRun run = CommandRun.of(arguments.toArray(String[]::new));

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.json()).hasSameSizeAs(prompts);
        for (int i = 0; i < prompts.size(); i++) {
            JsonNode line = run.json().get(i);
            assertThat(line.get("index").intValue()).isEqualTo(i);
            assertThat(line.get("tokenIds")).isEqualTo(prompts.get(i).get("greedy"));
            assertThat(line.get("text").isTextual()).isTrue();
            assertThat(line.get("finishReason").textValue()).isEqualTo("length");
            assertThat(line.get("promptTokens").intValue())
                    .isEqualTo(prompts.get(i).get("ids").size());
            assertThat(line.get("effectiveMaxTokens").intValue()).isEqualTo(24);
            assertThat(line.has("logprobs")).isFalse();
        }
    }

    @Test
    void generateSaysHowManyTokensWereAllowedWhereTheModelEnds() {
        CommandRun run = generate("--token-ids", "5,6,7", "--set", "max-model-len=5");
        JsonNode line = run.json().get(0);
        assertThat(line.get("effectiveMaxTokens").intValue()).isEqualTo(2);
        assertThat(line.get("tokenIds")).hasSize(2);
        assertThat(line.get("finishReason").textValue()).isEqualTo("length");
    }

    @Test
    void generateReportsLogprobsWhenAsked() {
        CommandRun run = generate("--token-ids", "5,6,7", "--logprobs", "2");
        JsonNode logprobs = run.json().get(0).get("logprobs");
        assertThat(logprobs).hasSize(4);
        assertThat(logprobs.get(0).get("tokenId"))
                .isEqualTo(run.json().get(0).get("tokenIds").get(0));
        assertThat(logprobs.get(0).get("logprob").doubleValue()).isNegative();
        assertThat(logprobs.get(0).get("top")).hasSize(2);
    }

    @Test
    void aBadPromptLeavesTheOthersAsTheyAre() {
        CommandRun alone = generate("--token-ids", "5,6,7");
        CommandRun both = generate("--token-ids", "5,6,7", "--token-ids", "999999");

        assertThat(both.exitCode()).isEqualTo(3);
        assertThat(both.json().get(0)).isEqualTo(alone.json().get(0));
        assertThat(both.json().get(1).get("index").intValue()).isEqualTo(1);
        assertThat(both.json().get(1).get("error").get("code").textValue()).isEqualTo("LLM-RQ-02");
        assertThat(both.json().get(1).get("error").get("message").textValue()).contains("999999");
    }

    @Test
    void deviceAndThreadsAreTakenAndChangeNoToken() {
        CommandRun run = generate("--token-ids", "5,6,7", "--device", "cpu", "--threads", "1");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.json()).isEqualTo(generate("--token-ids", "5,6,7").json());
        assertBadInput(generate("--token-ids", "5,6,7", "--device", "tpu"), "cuda:N");
        assertBadInput(generate("--token-ids", "5,6,7", "--threads", "0"), "threads");
    }

    @Test
    void chatAnswersLineByLineUntilAnEmptyOne() {
        String one = chat("Hi\n");
        assertThat(one).startsWith("> ").endsWith("\n> ").hasSizeGreaterThan(5);
        assertThat(chat("Hi\n\nnot read\n")).isEqualTo(one);
        assertThat(chat("Hi\nAgain\n")).startsWith(one).endsWith("\n> ").isNotEqualTo(one);
    }

    private static String chat(String lines) {
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(lines.getBytes(UTF_8)));
        try {
            CommandRun run =
                    CommandRun.of("chat", "--model", model, "--max-tokens", "4", "--ignore-eos");
            assertThat(run.exitCode()).as(run.err()).isZero();
            return run.out();
        } finally {
            System.setIn(before);
        }
    }

    @Test
    void scorePrintsTheLogprobsOfThePrompt() {
        JsonNode prompt = prompts.get(prompts.size() - 1);
        String ids = TestingModel.argument(prompt.get("ids"));
        CommandRun run =
                CommandRun.of("score", "--model", model, "--token-ids", ids, "--output", "json");

        assertThat(run.exitCode()).as(run.err()).isZero();
        JsonNode line = run.json().get(0);
        assertThat(line.get("logprobs")).hasSameSizeAs(prompt.get("ids"));
        assertThat(line.get("logprobs").get(0).isNull()).isTrue();
        assertThat(line.get("nll").doubleValue())
                .isCloseTo(prompt.get("nll").doubleValue(), within(1e-2));
    }

    @Test
    void benchPrintsItsFigures() {
        CommandRun run =
                CommandRun.of(
                        "bench",
                        "--model",
                        model,
                        "--requests",
                        "4",
                        "--warmup-requests",
                        "1",
                        "--input-len",
                        "40",
                        "--output-len",
                        "8",
                        "--shared-prefix-len",
                        "32",
                        "--max-num-seqs",
                        "2",
                        "--output",
                        "json");

        assertThat(run.exitCode()).as(run.err()).isZero();
        JsonNode line = run.json().get(0);
        assertThat(line.get("requests").intValue()).isEqualTo(4);
        assertThat(line.get("outputTokensPerSecond").doubleValue()).isPositive();
        assertThat(line.get("totalTokensPerSecond").doubleValue())
                .isCloseTo(6 * line.get("outputTokensPerSecond").doubleValue(), within(1e-6));
        assertThat(line.get("elapsedSeconds").doubleValue()).isPositive();
        assertThat(line.get("peakRssBytes").longValue()).isPositive();
        assertThat(line.get("kvWastePercent").doubleValue()).isBetween(0.0, 100.0);
        assertThat(line.get("prefixHitRate").doubleValue()).isPositive();
        assertThat(line.get("preemptions").longValue()).isNotNegative();
    }

    @Test
    void renderPrintsThePromptAndNothingElse() throws IOException {
        Path template =
                Files.writeString(
                        folder.resolve("t.jinja"),
                        "{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"
                                + "{{ tools | tojson if tools }}{{ '+' if add_generation_prompt }}{{ mode }}");
        Path messages =
                Files.writeString(
                        folder.resolve("m.json"),
                        "[{\"role\": \"user\", \"content\": \"Grüße\\n\"}]");
        Path tools = Files.writeString(folder.resolve("t.json"), "[{\"name\": \"f\"}]");
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "render",
                                "--chat-template",
                                template.toString(),
                                "--messages",
                                messages.toString()));
        assertThat(CommandRun.of(arguments.toArray(String[]::new)).out())
                .isEqualTo("[user]Grüße\n+");
        arguments.addAll(List.of("--tools", tools.toString(), "--set", "bos_token=<s>"));
        arguments.addAll(List.of("--set", "add_generation_prompt=false", "--set", "mode=true"));
        assertThat(CommandRun.of(arguments.toArray(String[]::new)).out())
                .isEqualTo("<s>[user]Grüße\n[{\"name\": \"f\"}]True");
    }

    @Test
    void renderUsesTheModelsTemplateAndRefusesWhatItDoesNotKnow() throws IOException {
        Path messages =
                Files.writeString(
                        folder.resolve("m2.json"), "[{\"role\": \"user\", \"content\": \"Hi\"}]");
        CommandRun run =
                CommandRun.of("render", "--model", model, "--messages", messages.toString());
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("Hi").doesNotContain("{%");
        Path template = Files.writeString(folder.resolve("u.jinja"), "{% nosuchtag %}");
        assertBadInput(
                CommandRun.of(
                        "render",
                        "--chat-template",
                        template.toString(),
                        "--messages",
                        messages.toString()),
                "nosuchtag");
    }

    @Test
    void inspectTellsWhatAModelIs() {
        CommandRun run =
                CommandRun.of("inspect", model, "--gpu-memory", "80GB", "--output", "json");
        assertThat(run.exitCode()).as(run.err()).isZero();
        JsonNode facts = run.json().get(0);
        assertThat(facts.get("family").textValue()).isEqualTo("llama");
        assertThat(facts.get("parameters").longValue()).isPositive();
        assertThat(facts.get("gpuKvBytesPerToken").longValue())
                .isEqualTo(facts.get("hostKvBytesPerToken").longValue() / 2);
        // 0.9 of the memory, less a reserve, weights and activations of a tiny model.
        assertThat(
                        facts.get("gpuMaxConcurrentTokens").longValue()
                                * facts.get("gpuKvBytesPerToken").longValue())
                .isBetween(71_000_000_000L, 72_000_000_000L);
        assertThat(facts.get("tensorClasses")).isNotEmpty();
        long tensorBytes = 0;
        for (JsonNode each : facts.get("tensorClasses")) {
            tensorBytes += each.get("bytes").longValue();
        }
        assertThat(tensorBytes).isPositive();
        assertThat(facts.get("chatTemplateSha256").textValue()).hasSize(64);
        assertThat(CommandRun.of("inspect", model, "--host-memory", "1KB").out())
                .contains("fits a host of", "no, the weights leave no room")
                .contains("none stated");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "generate --modle x --prompt a          | --model",
                "generate --prompt a                    | Missing required option: '--model=",
                "generate --model x                     | --prompt",
                "generate --model x --prompt a --set k  | KEY=VALUE",
                "generate --model x --token-ids 1,b     | --token-ids",
                "quickstrat                             | quickstart",
                "quickstart --tickets 0                 | --tickets",
                "run                                    | JOB",
                "pull                                   | ORG/NAME",
                "inspect x --gpu-memory eighty          | --gpu-memory",
                "render --messages m.json               | --chat-template",
                "render --chat-template t --messages no | cannot read no",
                "gpu-bench --model-only --output xml    | text and json",
            })
    void aWrongCommandLineHasExitCode2AndSaysWhatIsMeant(String arguments, String expected) {
        CommandRun run = CommandRun.of(arguments.strip().split(" +"));
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains(expected);
        assertThat(run.out()).isEmpty();
    }

    @Test
    void anUnknownEngineOptionSuggestsTheNearest() {
        CommandRun run = generate("--prompt", "a", "--set", "max-num-seq=4");
        assertBadInput(run, "max-num-seqs");
    }

    @Test
    void aMissingModelIsOneClearMessage() {
        CommandRun run = CommandRun.of("generate", "--model", "no/such/model", "--prompt", "a");
        assertBadInput(run, "no/such/model");
    }

    @Test
    void verboseAddsTheStackTrace() {
        CommandRun run =
                CommandRun.of("generate", "--model", "no/such/model", "--prompt", "a", "--verbose");
        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err()).contains("\tat dev.millrace.");
    }

    @Test
    void aMissingJobFileIsOneClearMessage() {
        assertBadInput(CommandRun.of("run", "no/such/job.yaml"), "no/such/job.yaml");
    }

    @Test
    void anUnknownJobKeySuggestsTheNearest() throws IOException {
        Path job = Resources.copy("quickstart.yaml", folder);
        assertBadInput(
                CommandRun.of("run", job.toString(), "--set", "paralellism=2"), "parallelism");
    }

    @Test
    void anUnreachableBrokerIsOneClearMessage() throws IOException {
        Path job = Resources.copy("quickstart.yaml", folder);
        Path schema = Resources.copy("ticket.avsc", folder);
        CommandRun run =
                CommandRun.of(
                        "run",
                        job.toString(),
                        "--set",
                        "schema.file=" + schema,
                        "--set",
                        "model=" + model,
                        "--set",
                        "source.bootstrap-servers=127.0.0.1:9");
        assertBadInput(run, "127.0.0.1:9");
    }

    @Test
    void everyCommandHasHelp() {
        for (String command : Millrace.commandLine().getSubcommands().keySet()) {
            CommandRun run = CommandRun.of(command, "--help");
            assertThat(run.exitCode()).isZero();
            assertThat(run.out()).contains("Usage: millrace " + command);
        }
        assertThat(CommandRun.of("--version").out()).startsWith("millrace");
    }

    /** Without a driver that is what is said; with one, that there is no such device. */
    @Test
    void aMissingGpuIsOneClearMessage() {
        assertBadInput(CommandRun.of("gpu-check", "--device", "cuda:99"), "LLM-DV-0");
        assertBadInput(CommandRun.of("gpu-bench", "--device", "cuda:99"), "LLM-DV-0");
    }

    @Test
    void theScriptStartsThisMainClass() throws IOException {
        assertThat(Files.readString(Path.of("../millrace"))).contains(Millrace.class.getName());
    }

    private static CommandRun generate(String... arguments) {
        List<String> all =
                new ArrayList<>(
                        List.of("generate", "--model", model, "--max-tokens", "4", "--ignore-eos"));
        all.addAll(List.of("--temperature", "0", "--output", "json"));
        all.addAll(List.of(arguments));
        return CommandRun.of(all.toArray(String[]::new));
    }

    private static void assertBadInput(CommandRun run, String expected) {
        assertThat(run.exitCode()).as(run.err()).isEqualTo(3);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .startsWith("millrace: ")
                .contains(expected)
                .doesNotContain("\tat ", "Exception");
        assertThat(run.err().strip().lines()).hasSize(1);
    }
}
