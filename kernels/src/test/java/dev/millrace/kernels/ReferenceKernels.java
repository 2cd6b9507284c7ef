package dev.millrace.kernels;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What the operations mean: double precision, plain loops, plain arrays, one sequence or row at a time. Never optimised,
 * and independent of packing and paging.
 */
final class ReferenceKernels {
    private ReferenceKernels() {}

    static double[][] doubles(float[][] x) {
        double[][] y = new double[x.length][];
        for (int r = 0; r < x.length; r++) {
            y[r] = new double[x[r].length];
            for (int c = 0; c < x[r].length; c++) {
                y[r][c] = x[r][c];
            }
        }
        return y;
    }

    static double[][] linear(double[][] in, double[][] weight, float[] bias) {
        double[][] out = new double[in.length][weight.length];
        for (int r = 0; r < in.length; r++) {
            for (int j = 0; j < weight.length; j++) {
                double sum = bias == null ? 0 : bias[j];
                for (int i = 0; i < in[r].length; i++) {
                    sum += in[r][i] * weight[j][i];
                }
                out[r][j] = sum;
            }
        }
        return out;
    }

    /** Sums of magnitudes: what rounding errors are relative to. */
    static double[][] linearMagnitude(double[][] in, double[][] weight) {
        return linear(absolute(in), absolute(weight), null);
    }

    private static double[][] absolute(double[][] x) {
        double[][] y = new double[x.length][];
        for (int r = 0; r < x.length; r++) {
            y[r] = java.util.Arrays.stream(x[r]).map(Math::abs).toArray();
        }
        return y;
    }

    static double activation(Activation activation, double x) {
        return switch (activation) {
            case SILU -> x / (1 + Math.exp(-x));
            case GELU_TANH ->
                    0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
            case CLAMPED_SILU -> Math.min(x, 7) / (1 + Math.exp(-1.702 * Math.min(x, 7)));
        };
    }

    static double[][] gatedLinear(
            double[][] in, double[][] gateUp, float[] bias, Activation activation) {
        double[][] both = linear(in, gateUp, bias);
        int f = gateUp.length / 2;
        double[][] out = new double[in.length][f];
        for (int r = 0; r < in.length; r++) {
            for (int j = 0; j < f; j++) {
                double up = both[r][f + j];
                if (activation == Activation.CLAMPED_SILU) {
                    up = Math.max(-7, Math.min(up, 7)) + 1;
                }
                out[r][j] = activation(activation, both[r][j]) * up;
            }
        }
        return out;
    }

    static double[][] layerNorm(double[][] in, float[] weight, float[] bias, float epsilon) {
        int size = weight.length;
        double[][] out = new double[in.length][size];
        for (int r = 0; r < in.length; r++) {
            double mean = java.util.Arrays.stream(in[r]).sum() / size;
            double variance = 0;
            for (double x : in[r]) {
                variance += (x - mean) * (x - mean) / size;
            }
            for (int i = 0; i < size; i++) {
                double normed = (in[r][i] - mean) / Math.sqrt(variance + epsilon);
                out[r][i] = normed * weight[i] + (bias == null ? 0 : bias[i]);
            }
        }
        return out;
    }

    static double[][] rmsNorm(double[][] in, float[] weight, float epsilon) {
        double[][] out = new double[in.length][in[0].length];
        int size = weight.length;
        for (int r = 0; r < in.length; r++) {
            for (int head = 0; head < in[r].length; head += size) {
                double sum = 0;
                for (int i = 0; i < size; i++) {
                    sum += in[r][head + i] * in[r][head + i];
                }
                double factor = 1 / Math.sqrt(sum / size + epsilon);
                for (int i = 0; i < size; i++) {
                    out[r][head + i] = in[r][head + i] * factor * weight[i];
                }
            }
        }
        return out;
    }

    /** Rotates the heads of one row; cos and sin are the table's row for its position. */
    static double[] rope(float[] row, int headDim, float[] cos, float[] sin, boolean interleaved) {
        double[] out = new double[row.length];
        for (int i = 0; i < row.length; i++) {
            out[i] = row[i];
        }
        int half = cos.length;
        for (int head = 0; head < row.length; head += headDim) {
            for (int i = 0; i < half; i++) {
                int first = head + (interleaved ? 2 * i : i);
                int second = head + (interleaved ? 2 * i + 1 : i + half);
                out[first] = row[first] * (double) cos[i] - row[second] * (double) sin[i];
                out[second] = row[second] * (double) cos[i] + row[first] * (double) sin[i];
            }
        }
        return out;
    }

    /** Attention of the last {@code q.length} positions of a sequence with keys and values [context, Hkv · D]. */
    static double[][] attention(float[][] q, float[][] keys, float[][] values, AttentionParams p) {
        return attention(q, keys, values, p, null);
    }

    /** As above, with one more score for each head, of no token; null for none. */
    static double[][] attention(
            float[][] q, float[][] keys, float[][] values, AttentionParams p, float[] sinks) {
        double[][] out = new double[q.length][p.numHeads() * p.headDim()];
        int group = p.numHeads() / p.numKvHeads();
        for (int r = 0; r < q.length; r++) {
            int position = keys.length - q.length + r;
            int first = p.slidingWindow() == 0 ? 0 : Math.max(0, position - p.slidingWindow() + 1);
            for (int h = 0; h < p.numHeads(); h++) {
                attendHead(
                        q[r],
                        keys,
                        values,
                        h * p.headDim(),
                        h / group * p.headDim(),
                        first,
                        position,
                        p,
                        sinks == null ? Double.NEGATIVE_INFINITY : sinks[h],
                        out[r]);
            }
        }
        return out;
    }

    private static void attendHead(
            float[] q,
            float[][] keys,
            float[][] values,
            int head,
            int kvHead,
            int first,
            int last,
            AttentionParams p,
            double sink,
            double[] out) {
        double[] scores = new double[last - first + 1];
        double max = sink;
        for (int j = first; j <= last; j++) {
            double dot = 0;
            for (int d = 0; d < p.headDim(); d++) {
                dot += (double) q[head + d] * keys[j][kvHead + d];
            }
            double score = dot * p.scale();
            if (p.softCap() != 0) {
                score = p.softCap() * Math.tanh(score / p.softCap());
            }
            scores[j - first] = score;
            max = Math.max(max, score);
        }
        double sum = Math.exp(sink - max);
        for (double score : scores) {
            sum += Math.exp(score - max);
        }
        for (int j = first; j <= last; j++) {
            double weight = Math.exp(scores[j - first] - max) / sum;
            for (int d = 0; d < p.headDim(); d++) {
                out[head + d] += weight * values[j][kvHead + d];
            }
        }
    }

    static double logprob(float[] logits, int target) {
        double max = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            max = Math.max(max, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - max);
        }
        return logits[target] - max - Math.log(sum);
    }

    /** Ids in order of falling logit, equal ones by rising id. */
    static List<Integer> ranked(double[] logits) {
        List<Integer> ids = new ArrayList<>();
        for (int i = 0; i < logits.length; i++) {
            ids.add(i);
        }
        ids.sort(Comparator.<Integer>comparingDouble(i -> -logits[i]).thenComparingInt(i -> i));
        return ids;
    }

    /** Probabilities after temperature, min-p, top-k and top-p, not normalised; dropped tokens are 0. */
    static double[] filtered(
            double[] logits, double temperature, int topK, double topP, double minP) {
        List<Integer> ids = ranked(logits);
        double max = logits[ids.get(0)];
        double[] weights = new double[logits.length];
        double total = 0;
        int kept = 0;
        for (int id : ids) {
            double weight = Math.exp((logits[id] - max) / temperature);
            if (weight < minP || weight == 0 || (topK > 0 && kept == topK)) {
                break;
            }
            weights[id] = weight;
            total += weight;
            kept++;
        }
        double sum = 0;
        for (int id : ids) {
            if (sum >= topP * total && sum > 0) {
                weights[id] = 0;
            }
            sum += weights[id];
        }
        return weights;
    }

    /** The token at which the running sum passes the share {@code uniform}. */
    static int pick(double[] weights, double uniform) {
        double total = 0;
        for (double weight : weights) {
            total += weight;
        }
        double sum = 0;
        int last = -1;
        for (int id = 0; id < weights.length; id++) {
            if (weights[id] > 0) {
                last = id;
                sum += weights[id];
                if (sum > uniform * total) {
                    return id;
                }
            }
        }
        return last;
    }
}
