package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Answers that the engine takes for finished and the second judge refuses. */
class RefusedAnswersTest {
    private static final int REQUESTS = 12;
    private static final int REFUSED = 5;

    /** What the runner draws fits, so only another text of the same tokens does not. */
    private static final AnswerFormat LETTERS = new AnswerFormat.Regex("[a-z]{9}");

    @Test
    void failTheirRequestAloneAndAreCountedAsFailed() {
        List<Completion> sound;
        try (LlmEngine engine = engine("")) {
            sound = submitted(engine).stream().map(Generation::join).toList();
            assertThat(engine.stats().finishedRequests()).isEqualTo(REQUESTS);
            assertThat(engine.stats().failedRequests()).isZero();
        }
        String misread = sound.get(REFUSED).text();
        try (LlmEngine engine = engine(misread)) {
            List<Generation> generations = submitted(engine);
            for (int i = 0; i < REQUESTS; i++) {
                if (i == REFUSED) {
                    assertRefused(generations.get(i), misread);
                } else {
                    assertThat(generations.get(i).join().outputs())
                            .isEqualTo(sound.get(i).outputs());
                }
            }
            assertThat(engine.stats().finishedRequests()).isEqualTo(REQUESTS - 1);
            assertThat(engine.stats().failedRequests()).isEqualTo(1);
            assertThat(engine.stats().usedBlocks()).isZero();
        }
    }

    private static LlmEngine engine(String misread) {
        return TestingEngines.engine(
                TestingEngines.config(),
                new MisreadingTokenizer(misread),
                () -> FakeTokenizer::decode);
    }

    private static List<Generation> submitted(LlmEngine engine) {
        SamplingParams sampling = SamplingParams.builder().maxTokens(12).format(LETTERS).build();
        return IntStream.range(0, REQUESTS)
                .mapToObj(i -> Request.of("r" + i, new Prompt.Text("Letters " + i), sampling))
                .map(engine::submit)
                .toList();
    }

    private static void assertRefused(Generation generation, String answer) {
        assertThatThrownBy(generation::join)
                .isInstanceOf(CompletionException.class)
                .hasMessageContaining("LLM-GR-10")
                .hasMessageNotContaining(answer)
                .cause()
                .isInstanceOf(InvalidRequestException.class);
    }

    /** Decodes one text in capitals. Every byte is a token, as forms need it. */
    private record MisreadingTokenizer(String misread, FakeTokenizer sound) implements Tokenizer {
        MisreadingTokenizer(String misread) {
            this(misread, new FakeTokenizer());
        }

        @Override
        public int[] encode(String text, boolean addSpecialTokens) {
            return sound.encode(text, addSpecialTokens);
        }

        @Override
        public String decode(int[] ids, int from, int to) {
            String text = sound.decode(ids, from, to);
            return text.equals(misread) ? text.toUpperCase(Locale.ROOT) : text;
        }

        @Override
        public int vocabSize() {
            return 256;
        }

        @Override
        public byte[][] tokenBytes() {
            byte[][] bytes = Arrays.copyOf(sound.tokenBytes(), vocabSize());
            for (int id = FakeTokenizer.VOCAB_SIZE; id < bytes.length; id++) {
                bytes[id] = new byte[] {(byte) id};
            }
            return bytes;
        }

        @Override
        public void close() {}
    }
}
