package dev.millrace.engine.tokenizer;

import java.util.List;

/** A vocabulary as a GGUF file lists it. */
public sealed interface GgufVocabulary permits BpeVocabulary, SentencePieceVocabulary {

    /** A token made by merges. */
    int NORMAL = 1;

    /** Stands for what no token covers. */
    int UNKNOWN = 2;

    /** A special token, never shown in answers. */
    int CONTROL = 3;

    /** A token taken whole before splitting, shown in answers. */
    int USER_DEFINED = 4;

    /** A single byte, {@code <0x41>}. */
    int BYTE = 6;

    /** Texts by id. */
    List<String> tokens();

    /** {@code tokenizer.ggml.token_type} by id. */
    List<Integer> kinds();

    /** The tokenizer.json that the checkpoint had before it became GGUF; {@code where} names the file in messages. */
    byte[] tokenizerJson(String where);
}
