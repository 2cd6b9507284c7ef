package dev.millrace.kernels;

/**
 * Which experts the tokens of a step go to, on the device: filled by {@link Kernels#routeExperts}, read by the products.
 *
 * <p>A token's choices are in order of falling score, equal ones by rising expert. Products work on rows sorted by expert:
 * one for each choice, those of one expert in order of token.
 *
 * <p>Thread-safety: none; the engine thread's.
 */
public final class ExpertRouting {
    /** Most experts of a layer. */
    public static final int MAX_EXPERTS = 1024;

    /** Most experts of a token. */
    public static final int MAX_PER_TOKEN = 32;

    private final int perToken;
    private final int numExperts;
    private final Tensor experts;
    private final Tensor weights;
    private final Tensor rows;
    private final Tensor tokens;
    private final Tensor starts;

    /** Room for {@code maxTokens} token rows, each of which goes to {@code perToken} of {@code numExperts} experts. */
    public ExpertRouting(Kernels kernels, int maxTokens, int numExperts, int perToken) {
        if (numExperts < 1
                || numExperts > MAX_EXPERTS
                || perToken < 1
                || perToken > Math.min(numExperts, MAX_PER_TOKEN)) {
            throw new KernelException(
                    "experts: %d of %d for a token; at most %d of %d"
                            .formatted(perToken, numExperts, MAX_PER_TOKEN, MAX_EXPERTS));
        }
        this.perToken = perToken;
        this.numExperts = numExperts;
        experts = kernels.allocate(DType.INT32, maxTokens, perToken, "batch");
        weights = kernels.allocate(DType.F32, maxTokens, perToken, "batch");
        rows = kernels.allocate(DType.INT32, maxTokens, perToken, "batch");
        tokens = kernels.allocate(DType.INT32, 1, maxTokens * perToken, "batch");
        starts = kernels.allocate(DType.INT32, 1, numExperts + 1, "batch");
    }

    /** Experts that a token goes to. */
    public int perToken() {
        return perToken;
    }

    /** Experts that there are. */
    public int numExperts() {
        return numExperts;
    }

    /** INT32 [T, perToken]: the chosen experts. */
    public Tensor experts() {
        return experts;
    }

    /** F32 [T, perToken]: their weights. */
    public Tensor weights() {
        return weights;
    }

    /** INT32 [T, perToken]: the sorted row of each choice. */
    public Tensor rows() {
        return rows;
    }

    /** INT32 [T · perToken]: the token of each sorted row. */
    public Tensor tokens() {
        return tokens;
    }

    /** INT32 [numExperts + 1]: first sorted row of each expert, then T · perToken. */
    public Tensor starts() {
        return starts;
    }
}
