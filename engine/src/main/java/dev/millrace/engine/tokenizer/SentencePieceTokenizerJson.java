package dev.millrace.engine.tokenizer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a {@link SentencePieceVocabulary} as a tokenizer.json of merges: each piece is a merge of every two pieces that make it, in
 * the order of scores, as Hugging Face's own conversion has it.
 */
final class SentencePieceTokenizerJson {
    private static final String SPACE = "\u2581";

    private final SentencePieceVocabulary vocabulary;
    private final TokenizerJsonWriter json;

    private SentencePieceTokenizerJson(SentencePieceVocabulary vocabulary) {
        this.vocabulary = vocabulary;
        json = new TokenizerJsonWriter(vocabulary);
    }

    static byte[] write(SentencePieceVocabulary vocabulary) {
        SentencePieceTokenizerJson writer = new SentencePieceTokenizerJson(vocabulary);
        writer.json.writeAddedTokens(writer::isAdded);
        writer.writeModel();
        writer.writePipeline();
        writer.json.writePostProcessor(
                vocabulary.addBos().orElse(true) ? vocabulary.bosId() : -1,
                vocabulary.addEos().orElse(false) ? vocabulary.eosId() : -1);
        return writer.json.bytes();
    }

    /** Pieces with spaces are found after spaces became U+2581, by merging. */
    private boolean isAdded(int id) {
        return switch (vocabulary.kinds().get(id)) {
            case GgufVocabulary.CONTROL, GgufVocabulary.UNKNOWN -> true;
            case GgufVocabulary.USER_DEFINED -> !vocabulary.tokens().get(id).contains(SPACE);
            default -> false;
        };
    }

    private void writeModel() {
        ObjectNode model = json.root().putObject("model");
        model.put("type", "BPE");
        if (vocabulary.unknownId() >= 0) {
            model.put("unk_token", vocabulary.tokens().get(vocabulary.unknownId()));
        }
        model.put("fuse_unk", true);
        model.put("byte_fallback", vocabulary.kinds().contains(GgufVocabulary.BYTE));
        model.put("ignore_merges", false);
        json.writeVocab(model);
        ArrayNode merges = model.putArray("merges");
        for (Merge merge : merges()) {
            merges.addArray().add(merge.left).add(merge.right);
        }
    }

    private record Merge(String left, String right, float score, int leftId, int rightId) {
        int leftLength() {
            return left.codePointCount(0, left.length());
        }

        int rightLength() {
            return right.codePointCount(0, right.length());
        }
    }

    private List<Merge> merges() {
        Map<String, Integer> ids = new HashMap<>();
        for (int id = 0; id < vocabulary.tokens().size(); id++) {
            ids.put(vocabulary.tokens().get(id), id);
        }
        List<Merge> merges = new ArrayList<>();
        for (int id = 0; id < vocabulary.tokens().size(); id++) {
            int kind = vocabulary.kinds().get(id);
            if (kind == GgufVocabulary.NORMAL || kind == GgufVocabulary.USER_DEFINED) {
                addMerges(id, ids, merges);
            }
        }
        merges.sort(
                Comparator.comparingDouble((Merge merge) -> -merge.score)
                        .thenComparingInt(merge -> -merge.leftLength())
                        .thenComparingInt(merge -> -merge.rightLength()));
        return merges;
    }

    private void addMerges(int id, Map<String, Integer> ids, List<Merge> merges) {
        String piece = vocabulary.tokens().get(id);
        List<Merge> own = new ArrayList<>();
        for (int cut = 1; cut < piece.length(); cut++) {
            Integer left = ids.get(piece.substring(0, cut));
            Integer right = ids.get(piece.substring(cut));
            if (left != null && right != null && !Character.isLowSurrogate(piece.charAt(cut))) {
                own.add(
                        new Merge(
                                piece.substring(0, cut),
                                piece.substring(cut),
                                vocabulary.scores().get(id),
                                left,
                                right));
            }
        }
        own.sort(Comparator.comparingInt(Merge::leftId).thenComparingInt(Merge::rightId));
        merges.addAll(own);
    }

    private void writePipeline() {
        ArrayNode normalizers =
                json.root().putObject("normalizer").put("type", "Sequence").putArray("normalizers");
        if (vocabulary.addSpacePrefix()) {
            normalizers.addObject().put("type", "Prepend").put("prepend", SPACE);
        }
        writeReplace(normalizers.addObject(), " ", SPACE);
        ArrayNode decoders =
                json.root().putObject("decoder").put("type", "Sequence").putArray("decoders");
        writeReplace(decoders.addObject(), SPACE, " ");
        decoders.addObject().put("type", "ByteFallback");
        decoders.addObject().put("type", "Fuse");
        if (vocabulary.addSpacePrefix()) {
            decoders.addObject()
                    .put("type", "Strip")
                    .put("content", " ")
                    .put("start", 1)
                    .put("stop", 0);
        }
    }

    private static void writeReplace(ObjectNode step, String pattern, String content) {
        step.put("type", "Replace").putObject("pattern").put("String", pattern);
        step.put("content", content);
    }
}
