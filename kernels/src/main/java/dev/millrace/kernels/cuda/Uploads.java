package dev.millrace.kernels.cuda;

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
    private static final int MAX_PIECES = 512;

    /** {target address, from, bytes}. */
    private static final int RECORD_BYTES = 16;

    private static final int HEADER_BYTES = MAX_PIECES * RECORD_BYTES;

    /** Longer pieces are cut, as one block of threads moves one piece. */
    private static final int MAX_PIECE_BYTES = 16 << 10;

    private static final int BLOCK = 256;

    private final PinnedRing ring;
    private final Launcher launcher;
    private ByteBuffer slot;
    private int pieces;
    private int end;

    Uploads(CudaStream stream, Launcher launcher) {
        ring = new PinnedRing(stream, NUM_SLOTS, SLOT_BYTES);
        this.launcher = launcher;
    }

    void ints(int[] source, int from, int count, long address) {
        int most = MAX_PIECE_BYTES / Integer.BYTES;
        for (int done = 0; done < count; done += most) {
            int length = Math.min(most, count - done);
            int at = piece(address + (long) done * Integer.BYTES, length * Integer.BYTES);
            for (int i = 0; i < length; i++) {
                slot.putInt(at + i * Integer.BYTES, source[from + done + i]);
            }
        }
    }

    void longs(long[] source, int from, int count, long address) {
        int most = MAX_PIECE_BYTES / Long.BYTES;
        for (int done = 0; done < count; done += most) {
            int length = Math.min(most, count - done);
            int at = piece(address + (long) done * Long.BYTES, length * Long.BYTES);
            for (int i = 0; i < length; i++) {
                slot.putLong(at + i * Long.BYTES, source[from + done + i]);
            }
        }
    }

    void floats(float[] source, int from, int count, long address) {
        int most = MAX_PIECE_BYTES / Float.BYTES;
        for (int done = 0; done < count; done += most) {
            int length = Math.min(most, count - done);
            int at = piece(address + (long) done * Float.BYTES, length * Float.BYTES);
            for (int i = 0; i < length; i++) {
                slot.putFloat(at + i * Float.BYTES, source[from + done + i]);
            }
        }
    }

    /** Rounds to 16 bits on the way. */
    void halves(float[] source, int from, int count, long address, Halves type) {
        int most = MAX_PIECE_BYTES / Short.BYTES;
        for (int done = 0; done < count; done += most) {
            int length = Math.min(most, count - done);
            int at = piece(address + (long) done * Short.BYTES, length * Short.BYTES);
            for (int i = 0; i < length; i++) {
                slot.putShort(at + i * Short.BYTES, type.round(source[from + done + i]));
            }
        }
    }

    /** Room for one piece in the slot; returns where. */
    private int piece(long address, int bytes) {
        if (pieces == MAX_PIECES || pieces > 0 && end + bytes > ring.slotBytes()) {
            flush();
        }
        if (pieces == 0) {
            slot = ring.buffer();
            end = HEADER_BYTES;
        }
        int record = pieces++ * RECORD_BYTES;
        slot.putLong(record, address);
        slot.putInt(record + 8, end);
        slot.putInt(record + 12, bytes);
        int at = end;
        // The next one begins at a multiple of 16 again.
        end = (end + bytes + 15) & -16;
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
        launcher.begin(EntryPoint.SCATTER_INPUTS).address(staging).run(count, BLOCK);
        ring.advance();
    }

    /** Sends the remaining bytes of {@code source} to {@code address}, in slices; for weights. */
    public void bytes(ByteBuffer source, long address) {
        flush();
        long target = address;
        while (source.hasRemaining()) {
            ByteBuffer free = ring.buffer();
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
