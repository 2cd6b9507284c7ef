package dev.millrace.kernels.cpu;

import dev.millrace.kernels.Tensor;
import java.util.Arrays;

/**
 * Attention of a run of tokens of one sequence with one KV head, by one worker: online softmax over tiles of keys, in
 * order of position from 0. Its rows are {token} × {query head of the group}.
 *
 * <p>Keys and values of a tile are copied together from their blocks once and used by all rows. Tiles lie at multiples of
 * their size, so what a row sees of a tile follows from its position and the window, and its bits do not depend on the
 * rows beside it. Positions that a row may not see never enter its sums, whatever lies there.
 *
 * <p>Thread-safety: used by its worker only.
 */
final class AttentionUnit {
    /** Keys of a tile, if blocks are no larger: with their values they about fill the L1 cache. */
    private static final int TILE_KEYS = 64;

    /** Tokens whose common part of a tile is multiplied at once, where each sees more of it than the one before. */
    private static final int RAGGED_TOKENS = 8;

    private final Lanes lanes;
    private final AttentionCall call;
    private final float[] temp;
    private float[] queries = {};
    private float[] sums = {};
    private float[] scores = {};
    private float[] rowMax = {};
    private float[] rowSum = {};
    private float[] keys = {};
    private float[] values = {};
    private int sequence;
    private int kvHead;
    private int firstPosition;
    private int tokens;
    private int group;
    private int headDim;
    private int tileKeys;
    private int tileStart;

    AttentionUnit(Lanes lanes, AttentionCall call, float[] temp) {
        this.lanes = lanes;
        this.call = call;
        this.temp = temp;
    }

    /** Computes the heads that share {@code newKvHead}, for {@code newTokens} tokens from row {@code firstRow} on. */
    void run(int newSequence, int newKvHead, int firstRow, int newTokens) {
        sequence = newSequence;
        kvHead = newKvHead;
        firstPosition = call.position(sequence, firstRow);
        tokens = newTokens;
        group = call.group();
        headDim = call.params.headDim();
        tileKeys = Math.max(1, TILE_KEYS / call.shape.blockSize()) * call.shape.blockSize();
        prepare();
        loadQueries(firstRow);
        int lastTile = (firstPosition + tokens - 1) / tileKeys;
        for (int tile = call.firstVisible(firstPosition) / tileKeys; tile <= lastTile; tile++) {
            tileStart = tile * tileKeys;
            addTile();
        }
        store(firstRow);
    }

    private void prepare() {
        int rows = tokens * group;
        queries = Scratch.grown(queries, rows * headDim);
        sums = Scratch.grown(sums, rows * headDim);
        scores = Scratch.grown(scores, rows * tileKeys);
        rowMax = Scratch.grown(rowMax, rows);
        rowSum = Scratch.grown(rowSum, rows);
        keys = Scratch.grown(keys, tileKeys * headDim);
        values = Scratch.grown(values, tileKeys * headDim);
        Arrays.fill(sums, 0, rows * headDim, 0f);
        Arrays.fill(rowMax, 0, rows, Float.NEGATIVE_INFINITY);
        Arrays.fill(rowSum, 0, rows, 0f);
    }

    private void loadQueries(int firstRow) {
        int columns = group * headDim;
        int from = Host.at(call.q, firstRow) + kvHead * columns;
        float[] q = Host.floats(call.q);
        lanes.copy(tokens, columns, q, from, call.q.rowStride(), queries, 0, columns);
    }

    private void store(int firstRow) {
        for (int row = 0; row < tokens * group; row++) {
            lanes.scale(sums, row * headDim, headDim, 1f / (rowSum[row] + sinkWeight(row)));
        }
        int columns = group * headDim;
        int to = Host.at(call.out, firstRow) + kvHead * columns;
        float[] out = Host.floats(call.out);
        lanes.copy(tokens, columns, sums, 0, columns, out, to, call.out.rowStride());
    }

    /** What the sink of the row's head adds to its sum of weights. */
    private float sinkWeight(int row) {
        Tensor sinks = call.params.sinks();
        if (sinks == null) {
            return 0f;
        }
        int head = kvHead * group + row % group;
        return FloatMath.exp(Host.floats(sinks)[Host.at(sinks, 0) + head] - rowMax[row]);
    }

    /** What the token sees of the tile: from here ... */
    private int low(int token) {
        return Math.max(0, call.firstVisible(firstPosition + token) - tileStart);
    }

    /** ... to here; both grow with the token. */
    private int high(int token) {
        return Math.min(tileKeys, firstPosition + token + 1 - tileStart);
    }

    private void addTile() {
        int first = Math.max(0, tileStart - firstPosition);
        int end = tokens;
        while (low(end - 1) >= tileKeys) {
            end--;
        }
        int blockSize = call.shape.blockSize();
        int firstColumn = low(first) / blockSize * blockSize;
        int endColumn = (high(end - 1) + blockSize - 1) / blockSize * blockSize;
        loadTile(firstColumn, endColumn);
        score(first, end, firstColumn, endColumn);
        for (int token = first; token < end; token++) {
            for (int g = 0; g < group; g++) {
                softmax(token * group + g, low(token), high(token));
            }
        }
        boolean ragged = low(first) != low(end - 1) || high(first) != high(end - 1);
        int step = ragged ? RAGGED_TOKENS : end - first;
        for (int token = first; token < end; token += step) {
            addValues(token, Math.min(end, token + step));
        }
    }

    private void loadTile(int firstColumn, int endColumn) {
        int blockSize = call.shape.blockSize();
        for (int column = firstColumn; column < endColumn; column += blockSize) {
            int block = call.block(sequence, (tileStart + column) / blockSize);
            call.cached.load(lanes, block, kvHead, keys, column, tileKeys, values);
        }
    }

    private void score(int first, int end, int firstColumn, int endColumn) {
        int row = first * group;
        int rows = (end - first) * group;
        Arrays.fill(scores, row * tileKeys, (row + rows) * tileKeys, 0f);
        lanes.multiply(
                rows,
                endColumn - firstColumn,
                queries,
                row * headDim,
                headDim,
                keys,
                firstColumn,
                tileKeys,
                headDim,
                scores,
                row * tileKeys + firstColumn,
                tileKeys);
    }

    /** Turns scores into weights relative to the row's largest score so far; rescales what came before if that grew. */
    private void softmax(int row, int low, int high) {
        int at = row * tileKeys + low;
        int length = high - low;
        float before = rowMax[row];
        float cap = call.params.softCap();
        float scale = call.params.scale();
        if (cap != 0f) {
            lanes.scale(scores, at, length, scale);
            lanes.softCap(scores, at, length, cap, temp);
            scale = 1f;
        }
        float max = lanes.scaleAndMax(scores, at, length, scale, before);
        if (max > before && before != Float.NEGATIVE_INFINITY) {
            float correction = FloatMath.exp(before - max);
            rowSum[row] *= correction;
            lanes.scale(sums, row * headDim, headDim, correction);
        }
        rowMax[row] = max;
        lanes.exp(scores, at, scores, at, length, max, 1f);
        rowSum[row] += lanes.sum(scores, at, length, temp);
    }

    /** Adds the weighted values of the tile, for each token in order of position. */
    private void addValues(int first, int end) {
        int low = low(end - 1);
        int high = high(first);
        if (low >= high && end - first > 1) {
            for (int token = first; token < end; token++) {
                addValues(token, token + 1);
            }
            return;
        }
        for (int token = first; token < end - 1; token++) {
            addValues(token, token + 1, low(token), low);
        }
        addValues(first, end, low, high);
        for (int token = first + 1; token < end; token++) {
            addValues(token, token + 1, high, high(token));
        }
    }

    private void addValues(int first, int end, int low, int high) {
        if (low < high) {
            lanes.multiply(
                    (end - first) * group,
                    headDim,
                    scores,
                    first * group * tileKeys + low,
                    tileKeys,
                    values,
                    low * headDim,
                    headDim,
                    high - low,
                    sums,
                    first * group * headDim,
                    headDim);
        }
    }
}
