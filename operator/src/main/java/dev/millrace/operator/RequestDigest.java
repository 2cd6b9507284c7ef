package dev.millrace.operator;

import dev.millrace.engine.AnswerFormat;
import dev.millrace.engine.Message;
import dev.millrace.engine.Prompt;
import dev.millrace.engine.Request;
import dev.millrace.engine.SamplingParams;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** A hash over everything in a request that its answer depends on, the same in every process and version. */
final class RequestDigest {

    private RequestDigest() {}

    static long of(Request request) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            writePrompt(request.prompt(), out);
            writeSampling(request.sampling(), out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ByteBuffer.wrap(sha256(bytes.toByteArray())).getLong();
    }

    private static void writePrompt(Prompt prompt, DataOutputStream out) throws IOException {
        if (prompt instanceof Prompt.Text text) {
            out.writeByte(0);
            writeString(text.text(), out);
        } else if (prompt instanceof Prompt.Chat chat) {
            out.writeByte(1);
            out.writeInt(chat.messages().size());
            for (Message message : chat.messages()) {
                writeString(message.role(), out);
                writeString(message.content(), out);
            }
        } else if (prompt instanceof Prompt.Tokens tokens) {
            out.writeByte(2);
            out.writeInt(tokens.ids().size());
            for (int i = 0; i < tokens.ids().size(); i++) {
                out.writeInt(tokens.ids().get(i));
            }
        }
    }

    private static void writeSampling(SamplingParams sampling, DataOutputStream out)
            throws IOException {
        out.writeFloat(sampling.temperature());
        out.writeFloat(sampling.topP());
        out.writeInt(sampling.topK());
        out.writeFloat(sampling.minP());
        out.writeFloat(sampling.repetitionPenalty());
        out.writeFloat(sampling.presencePenalty());
        out.writeFloat(sampling.frequencyPenalty());
        out.writeLong(sampling.seed());
        out.writeInt(sampling.stop().size());
        for (String stop : sampling.stop()) {
            writeString(stop, out);
        }
        writeIds(sampling.stopTokenIds(), out);
        out.writeInt(sampling.minTokens());
        out.writeInt(sampling.maxTokens());
        out.writeBoolean(sampling.ignoreEos());
        out.writeInt(sampling.n());
        out.writeInt(sampling.logprobs());
        out.writeBoolean(sampling.promptLogprobs());
        out.writeInt(sampling.logitBias().size());
        for (Map.Entry<Integer, Float> bias : new TreeMap<>(sampling.logitBias()).entrySet()) {
            out.writeInt(bias.getKey());
            out.writeFloat(bias.getValue());
        }
        writeIds(sampling.allowedTokenIds(), out);
        writeFormat(sampling.format(), out);
    }

    /** Nothing for no form, so that the digests of requests without one are what they were. */
    private static void writeFormat(AnswerFormat format, DataOutputStream out) throws IOException {
        if (format instanceof AnswerFormat.JsonSchema json) {
            out.writeByte(1);
            writeString(json.schema(), out);
        } else if (format instanceof AnswerFormat.Regex regex) {
            out.writeByte(2);
            writeString(regex.pattern(), out);
        } else if (format instanceof AnswerFormat.Choice choice) {
            out.writeByte(3);
            out.writeInt(choice.texts().size());
            for (String text : choice.texts()) {
                writeString(text, out);
            }
        }
    }

    private static void writeIds(Set<Integer> ids, DataOutputStream out) throws IOException {
        out.writeInt(ids.size());
        for (int id : new TreeSet<>(ids)) {
            out.writeInt(id);
        }
    }

    private static void writeString(String string, DataOutputStream out) throws IOException {
        byte[] bytes = string.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
