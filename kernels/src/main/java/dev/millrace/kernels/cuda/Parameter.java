package dev.millrace.kernels.cuda;

/** Kind of one kernel parameter, with its name in PTX. */
enum Parameter {
    ADDRESS(".u64"),
    INT32(".u32"),
    INT64(".u64"),
    FLOAT32(".f32");

    private final String ptxType;

    Parameter(String ptxType) {
        this.ptxType = ptxType;
    }

    String ptxType() {
        return ptxType;
    }
}
