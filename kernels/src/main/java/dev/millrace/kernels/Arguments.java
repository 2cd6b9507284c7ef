package dev.millrace.kernels;

/**
 * Checks of the arguments of each operation, the same on every backend; a message is built only when one fails.
 *
 * @param activation A: type of activations
 */
record Arguments(DType activation) {

    void embed(Tensor out, PackedBatch batch, Weight table) {
        Checks.floats("embed", "out", out, batch.numTokens(), table.k());
        Checks.batch("embed", batch);
    }

    void rmsNorm(Tensor out, Tensor in, Tensor weight, int rows) {
        Checks.floats("rmsNorm", "in", in, rows, in.columns());
        normed("rmsNorm", out, rows, in.columns());
        Checks.floats("rmsNorm", "weight", weight, 1, in.columns());
    }

    void addRmsNorm(Tensor out, Tensor residual, Tensor delta, Tensor weight, int rows) {
        Checks.floats("addRmsNorm", "residual", residual, rows, residual.columns());
        Checks.matrix("addRmsNorm", "delta", delta, activation, rows, residual.columns());
        normed("addRmsNorm", out, rows, residual.columns());
        Checks.floats("addRmsNorm", "weight", weight, 1, residual.columns());
    }

    /** A, or 8 bits with a scale for each row. */
    private void normed(String operation, Tensor out, int rows, int columns) {
        boolean bytes = out.dtype() == DType.INT8 || out.dtype() == DType.F8_E4M3;
        quantised(operation, "out", out, bytes ? out.dtype() : activation, rows, columns);
    }

    /** A, or {@code type} with a scale for each row. */
    private void quantised(
            String operation, String name, Tensor tensor, DType type, int rows, int columns) {
        if (tensor.dtype() == activation || type == activation) {
            Checks.matrix(operation, name, tensor, activation, rows, columns);
        } else {
            Checks.matrix(operation, name, tensor, type, rows, columns);
            Checks.scales(operation, name, tensor, rows);
        }
    }

    void headRmsNorm(Tensor heads, Tensor weight, int rows) {
        Checks.matrix("headRmsNorm", "heads", heads, activation, rows, heads.columns());
        Checks.floats("headRmsNorm", "weight", weight, 1, weight.columns());
        Checks.divides("headRmsNorm", "head size", weight.columns(), heads.columns());
    }

    void layerNorm(Tensor out, Tensor in, Tensor weight, Tensor bias, int rows) {
        Checks.floats("layerNorm", "in", in, rows, in.columns());
        Checks.matrix("layerNorm", "out", out, activation, rows, in.columns());
        Checks.floats("layerNorm", "weight", weight, 1, in.columns());
        if (bias != null) {
            Checks.floats("layerNorm", "bias", bias, 1, in.columns());
        }
    }

    void addLayerNorm(
            Tensor out, Tensor residual, Tensor delta, Tensor weight, Tensor bias, int rows) {
        layerNorm(out, residual, weight, bias, rows);
        Checks.matrix("addLayerNorm", "delta", delta, activation, rows, residual.columns());
    }

    void add(Tensor out, Tensor residual, Tensor delta, int rows) {
        Checks.floats("add", "residual", residual, rows, residual.columns());
        if (delta != null) {
            Checks.matrix("add", "delta", delta, activation, rows, residual.columns());
        }
        if (out != null) {
            Checks.matrix("add", "out", out, activation, rows, residual.columns());
        }
    }

    void activate(Tensor x, int rows) {
        Checks.matrix("activate", "x", x, activation, rows, x.columns());
    }

    void linear(Tensor out, Tensor in, Weight weight, DType inputType, Tensor bias, int rows) {
        DType outType = out.dtype() == activation ? activation : DType.F32;
        Checks.matrix("linear", "out", out, outType, rows, weight.n());
        quantised("linear", "in", in, inputType, rows, weight.k());
        if (bias != null) {
            Checks.floats("linear", "bias", bias, 1, weight.n());
        }
    }

    void linearArgmax(Tensor tokenIds, Tensor in, Weight weight, int rows) {
        Checks.vector("linearArgmax", "tokenIds", tokenIds, DType.INT32, rows);
        Checks.matrix("linearArgmax", "in", in, activation, rows, weight.k());
    }

    void gatedLinear(Tensor out, Tensor in, Weight gateUp, DType inputType, Tensor bias, int rows) {
        Checks.divides("gatedLinear", "2", 2, gateUp.n());
        Checks.matrix("gatedLinear", "out", out, activation, rows, gateUp.n() / 2);
        quantised("gatedLinear", "in", in, inputType, rows, gateUp.k());
        if (bias != null) {
            Checks.floats("gatedLinear", "bias", bias, 1, gateUp.n());
        }
    }

    void routeExperts(ExpertRouting routing, Tensor logits, int rows) {
        Checks.floats("routeExperts", "logits", logits, rows, routing.numExperts());
        Checks.matrix(
                "routeExperts", "weights", routing.weights(), DType.F32, rows, routing.perToken());
    }

    void expertLinear(
            Tensor out,
            Tensor in,
            ExpertWeight weight,
            Tensor bias,
            ExpertRouting routing,
            int rows) {
        experts("expertLinear", weight, bias, routing);
        int sorted = rows * routing.perToken();
        Checks.matrix("expertLinear", "out", out, activation, sorted, weight.n());
        Checks.matrix("expertLinear", "in", in, activation, sorted, weight.k());
    }

    void expertGatedLinear(
            Tensor out,
            Tensor in,
            ExpertWeight gateUp,
            Tensor bias,
            ExpertRouting routing,
            int rows) {
        experts("expertGatedLinear", gateUp, bias, routing);
        Checks.divides("expertGatedLinear", "2", 2, gateUp.n());
        int sorted = rows * routing.perToken();
        Checks.matrix("expertGatedLinear", "out", out, activation, sorted, gateUp.n() / 2);
        Checks.matrix("expertGatedLinear", "in", in, activation, sorted, gateUp.k());
    }

    private static void experts(
            String operation, ExpertWeight weight, Tensor bias, ExpertRouting routing) {
        int numExperts = routing.numExperts();
        if (weight.experts().size() != numExperts) {
            throw new KernelException(
                    operation + ": weights of " + weight.experts().size() + " of " + numExperts);
        }
        if (bias != null) {
            Checks.floats(operation, "bias", bias, numExperts, weight.n());
            Checks.vector(operation, "bias", bias, DType.F32, numExperts * weight.n());
        }
    }

    void combineExperts(Tensor out, Tensor in, ExpertRouting routing, int rows) {
        Checks.matrix("combineExperts", "out", out, activation, rows, in.columns());
        int sorted = rows * routing.perToken();
        Checks.matrix("combineExperts", "in", in, activation, sorted, in.columns());
    }

    void ropeAndStoreKv(
            Tensor q, Tensor k, Tensor v, Rope rope, PackedBatch batch, KvCache cache, int layer) {
        KvShape shape = cache.shape();
        int kvColumns = shape.numKvHeads() * shape.headDim();
        Checks.matrix("ropeAndStoreKv", "q", q, activation, batch.numTokens(), q.columns());
        Checks.divides("ropeAndStoreKv", "head size", shape.headDim(), q.columns());
        Checks.matrix("ropeAndStoreKv", "k", k, activation, batch.numTokens(), kvColumns);
        Checks.matrix("ropeAndStoreKv", "v", v, activation, batch.numTokens(), kvColumns);
        Checks.batch("ropeAndStoreKv", batch);
        Checks.layer("ropeAndStoreKv", shape, layer);
        if (rope != null) {
            Checks.rope(rope, shape.headDim());
        }
    }

    void attention(
            Tensor out,
            Tensor q,
            KvCache cache,
            int layer,
            PackedBatch batch,
            AttentionParams params) {
        int columns = params.numHeads() * params.headDim();
        Checks.matrix("attention", "out", out, activation, batch.numTokens(), columns);
        Checks.matrix("attention", "q", q, activation, batch.numTokens(), columns);
        Checks.batch("attention", batch);
        Checks.layer("attention", cache.shape(), layer);
        Checks.heads(params, cache.shape());
        if (params.sinks() != null) {
            Checks.floats("attention", "sinks", params.sinks(), 1, params.numHeads());
        }
    }

    void gatherRows(Tensor out, Tensor in, Tensor rowIndexes, int rows) {
        Checks.matrix("gatherRows", "in", in, activation, 0, in.columns());
        Checks.matrix("gatherRows", "out", out, activation, rows, in.columns());
        Checks.vector("gatherRows", "rowIndexes", rowIndexes, DType.INT32, rows);
    }

    void softCap(Tensor logits, float softCap, int rows) {
        Checks.floats("softCap", "logits", logits, rows, logits.columns());
    }

    void copyBlocks(Tensor pairs, int numPairs) {
        Checks.vector("copyBlocks", "pairs", pairs, DType.INT32, 2 * numPairs);
    }

    void tokenLogprobs(Tensor out, Tensor logits, Tensor targets, int rows) {
        Checks.floats("tokenLogprobs", "logits", logits, rows, logits.columns());
        Checks.vector("tokenLogprobs", "out", out, DType.F32, rows);
        Checks.vector("tokenLogprobs", "targets", targets, DType.INT32, rows);
    }

    void sample(Tensor logits, SamplingBatch batch) {
        Checks.floats("sample", "logits", logits, batch.rows(), logits.columns());
        Checks.sampling(batch, logits.columns());
    }
}
