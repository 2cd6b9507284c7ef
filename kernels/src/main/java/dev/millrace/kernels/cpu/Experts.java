package dev.millrace.kernels.cpu;

import dev.millrace.kernels.Activation;
import dev.millrace.kernels.ExpertRouting;
import dev.millrace.kernels.ExpertWeight;
import dev.millrace.kernels.Tensor;
import java.util.Arrays;

/**
 * Routed experts: the choice, one product for each expert over its rows, and the weighted sum of what they give.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class Experts {
    private final Linear linear;
    private final GatedLinear gatedLinear;

    public Experts(Linear linear, GatedLinear gatedLinear) {
        this.linear = linear;
        this.gatedLinear = gatedLinear;
    }

    /** Chooses by {@code logits}, and sorts the choices by expert. */
    public void route(ExpertRouting routing, Tensor logits, boolean normalized, int rows) {
        for (int t = 0; t < rows; t++) {
            choose(routing, logits, normalized, t);
        }
        sort(routing, rows);
    }

    private static void choose(ExpertRouting routing, Tensor logits, boolean normalized, int t) {
        float[] x = Host.floats(logits);
        int from = Host.at(logits, t);
        int numExperts = routing.numExperts();
        int perToken = routing.perToken();
        int[] experts = Host.ints(routing.experts());
        float[] weights = Host.floats(routing.weights());
        int at = Host.at(routing.experts(), t);
        int weightsAt = Host.at(routing.weights(), t);
        for (int c = 0; c < perToken; c++) {
            int best = -1;
            for (int e = 0; e < numExperts; e++) {
                if (!contains(experts, at, c, e)
                        && (best < 0 || isBetter(x[from + e], x[from + best]))) {
                    best = e;
                }
            }
            experts[at + c] = best;
            weights[weightsAt + c] = x[from + best];
        }
        float max = weights[weightsAt];
        float sum = 0;
        if (normalized) {
            for (int c = 0; c < perToken; c++) {
                sum += FloatMath.exp(weights[weightsAt + c] - max);
            }
        } else {
            for (int e = 0; e < numExperts; e++) {
                sum += FloatMath.exp(x[from + e] - max);
            }
        }
        for (int c = 0; c < perToken; c++) {
            weights[weightsAt + c] = FloatMath.exp(weights[weightsAt + c] - max) / sum;
        }
    }

    /** What is not a number is never preferred. */
    private static boolean isBetter(float x, float best) {
        return x > best || (Float.isNaN(best) && !Float.isNaN(x));
    }

    private static boolean contains(int[] experts, int from, int count, int expert) {
        for (int i = from; i < from + count; i++) {
            if (experts[i] == expert) {
                return true;
            }
        }
        return false;
    }

    private static void sort(ExpertRouting routing, int rows) {
        int[] experts = Host.ints(routing.experts());
        int[] starts = Host.ints(routing.starts());
        int[] places = Host.ints(routing.rows());
        int[] tokens = Host.ints(routing.tokens());
        int perToken = routing.perToken();
        Arrays.fill(starts, 0);
        for (int i = 0; i < rows * perToken; i++) {
            starts[experts[i] + 1]++;
        }
        for (int e = 0; e < routing.numExperts(); e++) {
            starts[e + 1] += starts[e];
        }
        // Each expert's start moves to its end, which is the next one's start.
        for (int i = 0; i < rows * perToken; i++) {
            int place = starts[experts[i]]++;
            places[i] = place;
            tokens[place] = i / perToken;
        }
        System.arraycopy(starts, 0, starts, 1, routing.numExperts());
        starts[0] = 0;
    }

    /** {@code out = in · weightᵀ + bias} of each sorted row's expert. */
    public void linear(
            Tensor out, Tensor in, ExpertWeight weight, Tensor bias, ExpertRouting routing) {
        int[] starts = Host.ints(routing.starts());
        for (int e = 0; e < routing.numExperts(); e++) {
            int count = starts[e + 1] - starts[e];
            linear.run(out, in, weight.experts().get(e), bias, e, starts[e], count);
        }
    }

    /** The gated product of each sorted row's expert. */
    public void gatedLinear(
            Tensor out,
            Tensor in,
            ExpertWeight gateUp,
            Tensor bias,
            Activation activation,
            ExpertRouting routing) {
        int[] starts = Host.ints(routing.starts());
        for (int e = 0; e < routing.numExperts(); e++) {
            int count = starts[e + 1] - starts[e];
            gatedLinear.run(
                    out, in, gateUp.experts().get(e), bias, activation, e, starts[e], count);
        }
    }

    /** {@code out[t] = Σ weight · in[row]} over the token's choices in order. */
    public void combine(Tensor out, Tensor in, ExpertRouting routing, int rows) {
        float[] y = Host.floats(out);
        float[] x = Host.floats(in);
        for (int t = 0; t < rows; t++) {
            int to = Host.at(out, t);
            Arrays.fill(y, to, to + out.columns(), 0f);
            for (int c = 0; c < routing.perToken(); c++) {
                float weight = Host.floats(routing.weights())[Host.at(routing.weights(), t) + c];
                int from = Host.at(in, Host.ints(routing.rows())[Host.at(routing.rows(), t) + c]);
                for (int i = 0; i < out.columns(); i++) {
                    y[to + i] = Math.fma(weight, x[from + i], y[to + i]);
                }
            }
        }
    }
}
