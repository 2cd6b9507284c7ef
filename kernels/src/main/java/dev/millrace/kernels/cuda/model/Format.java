package dev.millrace.kernels.cuda.model;

/** How the weights of the layers and the cache are stored; embedding and head are BF16 always. */
public enum Format {
    BF16("BF16 weights, BF16 cache", ProductFamily.BF16, 2),
    INT8("INT8 weights and activations, e4m3 cache", ProductFamily.INT8, 1),
    FP8("FP8 weights and activations, e4m3 cache", ProductFamily.E4M3, 1),
    W4A16("4-bit weights in groups of 128, e4m3 cache", ProductFamily.INT4_GROUPS, 1);

    private final String title;
    private final ProductFamily family;
    private final int cacheBytes;

    Format(String title, ProductFamily family, int cacheBytes) {
        this.title = title;
        this.family = family;
        this.cacheBytes = cacheBytes;
    }

    /** In words. */
    public String title() {
        return title;
    }

    ProductFamily family() {
        return family;
    }

    /** Of an element of a key or value. */
    int cacheBytes() {
        return cacheBytes;
    }
}
