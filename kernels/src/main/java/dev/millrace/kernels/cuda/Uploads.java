package dev.millrace.kernels.cuda;

import dev.millrace.kernels.Tensor;
import java.nio.ByteBuffer;

/**
 * Brings host data to the device. Small pieces are gathered in a slot of the ring until work follows that may read them; then all
 * travel in one copy, and {@code scatter.cu} moves each to its place. So a step's inputs cost one copy and one launch, however
 * many tensors they fill.
 *
 * <p>Thread-safety: none.
 */
public final class Uploads implements AutoCloseable {
    private static final int NUM_SLOTS = 4;
    private static final int SLOT_BYTES = 1 << 20;
    private static final int MAX_PIECES = 128;

    /** {target address, from, bytes of a row, rows, stride in bytes, address of drawn tokens or 0}. */
    private static final int RECORD_BYTES = 32;

    private static final int HEADER_BYTES = MAX_PIECES * RECORD_BYTES;
    private static final int BLOCK = 256;

    /** Blocks for each piece: most are small, but a prompt's tokens or block tables are not. */
    private static final int BLOCKS_PER_PIECE = 4;

    private final PinnedRing ring;
    private final Launcher launcher;

    /** Where the memory of each gathered piece begins and ends: beside its record, as a table's rows are asked for often. */
    private final long[] firsts = new long[MAX_PIECES];

    private final long[] lasts = new long[MAX_PIECES];
    private PinnedRing.Slot slot;
    private int pieces;
    private int end;
    private long drawnAddress;

    Uploads(CudaStream stream, Launcher launcher) {
        ring = new PinnedRing(stream, NUM_SLOTS, SLOT_BYTES);
        this.launcher = launcher;
    }

    void ints(int[] source, int count, Tensor target) {
        for (int done = 0; done < count; ) {
            int length = add(target, done, count, Integer.BYTES);
            slot.ints().put(end(length, Integer.BYTES) / Integer.BYTES, source, done, length);
            done += length;
        }
    }

    /** As {@link #ints}, but {@code −1 − r} stands for the id in row {@code r} of {@code drawn}. */
    void tokens(int[] source, int count, Tensor target, Tensor drawn) {
        drawnAddress = drawn.address();
        ints(source, count, target);
        drawnAddress = 0;
    }

    void longs(long[] source, int count, Tensor target) {
        for (int done = 0; done < count; ) {
            int length = add(target, done, count, Long.BYTES);
            slot.longs().put(end(length, Long.BYTES) / Long.BYTES, source, done, length);
            done += length;
        }
    }

    void floats(float[] source, int count, Tensor target) {
        for (int done = 0; done < count; ) {
            int length = add(target, done, count, Float.BYTES);
            slot.floats().put(end(length, Float.BYTES) / Float.BYTES, source, done, length);
            done += length;
        }
    }

    /** Rounds to 16 bits on the way. */
    void halves(float[] source, int count, Tensor target) {
        Halves type = Halves.of(target.dtype());
        for (int done = 0; done < count; ) {
            int length = add(target, done, count, Short.BYTES);
            int at = end(length, Short.BYTES);
            for (int i = 0; i < length; i++) {
                slot.bytes().putShort(at + i * Short.BYTES, type.round(source[done + i]));
            }
            done += length;
        }
    }

    /**
     * Adds a piece that begins with element {@code done} of the view: as many whole rows as there are left and as fit, or a part of
     * one. Returns how many elements it takes.
     */
    private int add(Tensor target, int done, int count, int size) {
        boolean gapless = target.rowStride() == target.columns();
        int columns = gapless ? count : target.columns();
        int row = done / columns;
        int column = done % columns;
        if (done == 0 && overlapsPending(target, count, size)) {
            flush();
        }
        makeRoom(size);
        int room = (ring.slotBytes() - end) / size;
        int rowLength = Math.min(columns - column, Math.min(count - done, room));
        boolean wholeRows = column == 0 && rowLength == columns;
        int rows = wholeRows ? Math.min((count - done) / columns, room / columns) : 1;
        long index = (long) row * target.rowStride() + column;
        record(target.address() + index * size, rowLength * size, rows, target.rowStride() * size);
        return rows * rowLength;
    }

    /** Whether a gathered piece lies in the same memory: pieces of one launch move in no order. */
    private boolean overlapsPending(Tensor target, int count, int size) {
        long first = target.address();
        int columns = Math.max(target.columns(), 1);
        long last = first + ((count - 1L) / columns * target.rowStride() + columns) * size;
        for (int i = 0; i < pieces; i++) {
            if (first < lasts[i] && firsts[i] < last) {
                return true;
            }
        }
        return false;
    }

    /** Room for one more piece of at least one element. */
    private void makeRoom(int size) {
        if (pieces == MAX_PIECES || pieces > 0 && end + size > ring.slotBytes()) {
            flush();
        }
        if (pieces == 0) {
            slot = ring.claim();
            end = HEADER_BYTES;
        }
    }

    private void record(long address, int rowBytes, int rows, int strideBytes) {
        ByteBuffer header = slot.bytes();
        firsts[pieces] = address;
        lasts[pieces] = address + (rows - 1L) * strideBytes + rowBytes;
        int at = pieces++ * RECORD_BYTES;
        header.putLong(at, address);
        header.putInt(at + 8, end);
        header.putInt(at + 12, rowBytes);
        header.putInt(at + 16, rows);
        header.putInt(at + 20, strideBytes);
        header.putLong(at + 24, drawnAddress);
    }

    /** Where the data of the piece goes; the next one begins behind it, at a multiple of 16 again. */
    private int end(int length, int size) {
        int at = end;
        end = Math.min((at + length * size + 15) & -16, ring.slotBytes());
        return at;
    }

    /** Sends what was gathered; whatever is launched next may read it. */
    void flush() {
        if (pieces == 0) {
            return;
        }
        long staging = ring.stage(end);
        int count = pieces;
        pieces = 0;
        launcher.begin(EntryPoint.SCATTER_INPUTS)
                .address(staging)
                .run(count, BLOCKS_PER_PIECE, 1, BLOCK, 0);
        ring.advance();
    }

    /** Sends the remaining bytes of {@code source} to {@code address}, in slices; for weights. */
    public void bytes(ByteBuffer source, long address) {
        flush();
        long target = address;
        while (source.hasRemaining()) {
            ByteBuffer free = ring.claim().bytes();
            int length = Math.min(source.remaining(), ring.slotBytes());
            free.put(0, source, source.position(), length);
            source.position(source.position() + length);
            ring.copyTo(target, length);
            ring.advance();
            target += length;
        }
    }

    @Override
    public void close() {
        ring.close();
    }
}
