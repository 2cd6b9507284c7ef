package dev.millrace.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.loader.TestingModels;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class StreamingDetokenizerTest {
    private static HfTokenizer tokenizer;

    @BeforeAll
    static void open() {
        tokenizer = HfTokenizer.open(TestingModels.path("tokenizer/tokenizer.json"), 512);
    }

    @AfterAll
    static void close() {
        tokenizer.close();
    }

    @Test
    void randomTokensJoinToTheirText() {
        long seed = 20261122;
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            int[] ids = new int[random.nextInt(200)];
            int range = round % 3 == 0 ? 512 : 256;
            for (int i = 0; i < ids.length; i++) {
                ids[i] = random.nextInt(range);
            }
            check(ids, "seed " + seed + ", round " + round);
        }
    }

    @Test
    void textOfManyAlphabetsNeverComesInHalves() {
        String[] words = {
            "wheel ", "👍🏽", "水车", "é", "e\u0301", "—", "\n", "<|im_end|>", "👩‍👩‍👧", "ё"
        };
        long seed = 7;
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < 40; i++) {
                text.append(words[random.nextInt(words.length)]);
            }
            int[] ids = tokenizer.encode(text.toString(), round % 2 == 0);
            String cause = "seed " + seed + ", round " + round;
            StreamingDetokenizer stream = new StreamingDetokenizer(tokenizer);
            for (int id : ids) {
                assertThat(stream.append(id)).as(cause).doesNotContain("\ufffd");
            }
            check(ids, cause);
        }
    }

    @Test
    void bytesThatNeverMakeATextStayCheap() {
        int[] ids = new int[3000];
        int loneByte = tokenizer.encode("👍", false)[2];
        Arrays.fill(ids, loneByte);
        long[] decoded = new long[1];
        StreamingDetokenizer stream = new StreamingDetokenizer(counting(decoded));
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append(stream.append(id));
        }
        text.append(stream.finish());
        assertThat(text.toString()).isEqualTo(tokenizer.decode(ids, 0, ids.length));
        assertThat(decoded[0]).isLessThan(ids.length * 64L);
    }

    @Test
    void incompleteCodePointIsGivenAtTheEnd() {
        int[] ids = tokenizer.encode("a👍", false);
        StreamingDetokenizer stream = new StreamingDetokenizer(tokenizer);
        assertThat(stream.append(ids[0])).isEqualTo("a");
        assertThat(stream.append(ids[1])).isEmpty();
        assertThat(stream.finish()).isEqualTo("\ufffd");
        assertThat(stream.finish()).isEmpty();
    }

    private static void check(int[] ids, String cause) {
        StreamingDetokenizer stream = new StreamingDetokenizer(tokenizer);
        StringBuilder text = new StringBuilder();
        String whole = tokenizer.decode(ids, 0, ids.length);
        for (int id : ids) {
            String piece = stream.append(id);
            assertThat(
                            piece.isEmpty()
                                    || !Character.isHighSurrogate(piece.charAt(piece.length() - 1)))
                    .as(cause)
                    .isTrue();
            text.append(piece);
            assertThat(whole).as(cause).startsWith(text.toString());
        }
        text.append(stream.finish());
        assertThat(text.toString()).as(cause).isEqualTo(whole);
    }

    /** Counts the tokens decoded. */
    private static Tokenizer counting(long[] decoded) {
        return new Tokenizer() {
            @Override
            public int[] encode(String text, boolean addSpecialTokens) {
                return tokenizer.encode(text, addSpecialTokens);
            }

            @Override
            public String decode(int[] ids, int from, int to) {
                decoded[0] += to - from;
                return tokenizer.decode(ids, from, to);
            }

            @Override
            public int vocabSize() {
                return tokenizer.vocabSize();
            }

            @Override
            public byte[][] tokenBytes() {
                return tokenizer.tokenBytes();
            }

            @Override
            public void close() {}
        };
    }
}
