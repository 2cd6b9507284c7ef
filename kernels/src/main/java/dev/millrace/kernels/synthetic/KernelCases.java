package dev.millrace.kernels.synthetic;

import java.util.ArrayList;
import java.util.List;

/** Every operation of {@code Kernels} at the shapes of one model, with every kind of weight. */
public final class KernelCases {
    private KernelCases() {}

    /** All of them. */
    public static List<KernelCase> of(ModelShape shape) {
        List<KernelCase> cases = new ArrayList<>();
        for (WeightKind kind : WeightKind.values()) {
            cases.addAll(products(shape, kind));
        }
        cases.addAll(attention(shape));
        cases.addAll(new RowCases(shape).all());
        cases.add(new ArgmaxCase(shape.vocab(), shape.hidden()));
        cases.add(new SampleCase("greedy", shape.vocab(), 0, 0, 1));
        cases.add(new SampleCase("top-p", shape.vocab(), 0.8f, 50, 0.9f));
        return cases;
    }

    /** The four products of a layer; and of dense weights the one that gives logits. */
    private static List<KernelCase> products(ModelShape shape, WeightKind kind) {
        int queries = shape.heads() * shape.headDim();
        int keys = shape.kvHeads() * shape.headDim();
        int hidden = shape.hidden();
        int inner = shape.intermediate();
        List<KernelCase> cases = new ArrayList<>();
        cases.add(new LinearCase("qkv", kind, queries + 2 * keys, hidden, false, false));
        cases.add(new LinearCase("o", kind, hidden, queries, false, false));
        cases.add(new LinearCase("gate_up", kind, 2 * inner, hidden, true, false));
        cases.add(new LinearCase("down", kind, hidden, inner, false, false));
        if (kind == WeightKind.DENSE) {
            cases.add(new LinearCase("head", kind, shape.vocab(), hidden, false, true));
        }
        return cases;
    }

    private static List<KernelCase> attention(ModelShape shape) {
        return List.of(
                new AttentionCase("decode", shape, 1, shape.context()),
                new AttentionCase("prefill", shape, shape.prompt(), shape.prompt()),
                new AttentionCase("chunk", shape, shape.prompt() / 2, shape.context()));
    }
}
