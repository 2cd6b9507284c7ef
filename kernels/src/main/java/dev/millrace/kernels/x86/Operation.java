package dev.millrace.kernels.x86;

/** Operations of the library, in its order. */
enum Operation {
    PACK("pack", "row"),
    PREPARE("linear", "row"),
    LINEAR("linear", "row"),
    EMBED("embed", "token id"),
    NORM("rmsNorm", "row"),
    ROPE("ropeAndStoreKv", "slot or position"),
    ATTENTION("attention", "block"),
    GATHER("gatherRows", "row"),
    SOFT_CAP("softCap", "row"),
    LOGPROB("tokenLogprobs", "target"),
    ARGMAX("sample", "row"),
    BEST("linearArgmax", "row");

    /** Name in messages. */
    final String text;

    /** What its indexes name. */
    final String names;

    Operation(String text, String names) {
        this.text = text;
        this.names = names;
    }
}
