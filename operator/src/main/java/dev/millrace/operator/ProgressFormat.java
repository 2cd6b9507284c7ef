package dev.millrace.operator;

import dev.millrace.engine.Progress;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.TokenLogprob;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Bytes of a {@link Progress}: number of tokens, tokens, number of log-probabilities, log-probabilities; each of those is
 * token, value, number of alternatives, alternatives (token, value). Counts come from a file, so nothing is allocated by
 * them beyond a small start.
 */
final class ProgressFormat {
    private static final int START = 1024;

    private ProgressFormat() {}

    static void write(Progress progress, DataOutputView out) throws IOException {
        TokenIds ids = progress.tokenIds();
        out.writeInt(ids.size());
        for (int i = 0; i < ids.size(); i++) {
            out.writeInt(ids.get(i));
        }
        out.writeInt(progress.logprobs().size());
        for (TokenLogprob logprob : progress.logprobs()) {
            writeValue(logprob, out);
            out.writeInt(logprob.top().size());
            for (TokenLogprob top : logprob.top()) {
                writeValue(top, out);
            }
        }
    }

    static Progress read(DataInputView in) throws IOException {
        return new Progress(readIds(in), readLogprobs(in));
    }

    private static TokenIds readIds(DataInputView in) throws IOException {
        int size = in.readInt();
        int[] ids = new int[Math.max(0, Math.min(size, START))];
        for (int i = 0; i < size; i++) {
            if (i == ids.length) {
                ids = Arrays.copyOf(ids, 2 * i);
            }
            ids[i] = in.readInt();
        }
        return TokenIds.ofRange(ids, 0, Math.max(0, size));
    }

    private static List<TokenLogprob> readLogprobs(DataInputView in) throws IOException {
        int size = in.readInt();
        List<TokenLogprob> logprobs = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            logprobs.add(new TokenLogprob(in.readInt(), in.readFloat(), readTop(in)));
        }
        return logprobs;
    }

    private static List<TokenLogprob> readTop(DataInputView in) throws IOException {
        int size = in.readInt();
        List<TokenLogprob> top = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            top.add(new TokenLogprob(in.readInt(), in.readFloat(), List.of()));
        }
        return top;
    }

    private static void writeValue(TokenLogprob logprob, DataOutputView out) throws IOException {
        out.writeInt(logprob.tokenId());
        out.writeFloat(logprob.logprob());
    }
}
