package dev.millrace.kernels.x86;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The native library of the CPU kernels. Every class loader loads a copy of its own: the system loads one path only once, and a
 * second class loader that asks for it is refused.
 *
 * <p>Addresses are not checked: a wrong one ends the process. Callers check shapes first.
 *
 * <p>Thread-safety: all methods may be called from any thread; who may touch what memory is up to the caller.
 */
final class Library {
    private static final String RESOURCE = "libmillrace-x86.so";

    // Offsets in the header of a 64-bit ELF file.
    private static final int ELF_MAGIC = 0x464C457F;
    private static final int ELF_HEADER = 64;
    private static final int SECTIONS_AT = 40;
    private static final int SECTION_BYTES = 58;
    private static final int NUM_SECTIONS = 60;

    private Library() {}

    /** Why the library cannot be used, in a few words; null if it can. */
    static String problem() {
        return Holder.PROBLEM;
    }

    /** Loads a library; returns why it cannot be used, or null. */
    static String load(InputStream library) {
        if (library == null) {
            return "this jar was built without them";
        }
        try {
            byte[] bytes = library.readAllBytes();
            return isWhole(bytes)
                    ? loadCopy(bytes)
                    : "the library in the jar is not whole: " + bytes.length + " bytes";
        } catch (IOException e) {
            return "the library in the jar cannot be read: " + e;
        }
    }

    private static String loadCopy(byte[] bytes) {
        Path folder = null;
        Path copy = null;
        try {
            folder = Files.createTempDirectory("millrace-x86-");
            copy = folder.resolve(RESOURCE);
            Files.write(copy, bytes);
            System.load(copy.toString());
            return null;
        } catch (IOException e) {
            return "no copy of the library can be written to the temporary directory, which java.io.tmpdir names: "
                    + e;
        } catch (UnsatisfiedLinkError e) {
            return refusal(String.valueOf(e.getMessage()));
        } finally {
            delete(copy);
            delete(folder);
        }
    }

    /** What the system says in one line and, where it does not name the cause, what that is. */
    static String refusal(String message) {
        String line = message.lines().findFirst().orElse("");
        return line.contains("failed to map segment")
                ? line
                        + "; the temporary directory is mounted noexec, or may hold no programs: name another by java.io.tmpdir"
                : line;
    }

    /** The table of sections ends an ELF file; the system maps a shorter one too, and the process dies when it reads what is missing. */
    private static boolean isWhole(byte[] bytes) {
        if (bytes.length < ELF_HEADER) {
            return false;
        }
        ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long table = header.getLong(SECTIONS_AT);
        int entries = Short.toUnsignedInt(header.getShort(NUM_SECTIONS));
        int entryBytes = Short.toUnsignedInt(header.getShort(SECTION_BYTES));
        return header.getInt(0) == ELF_MAGIC
                && table > 0
                && table <= bytes.length - (long) entries * entryBytes;
    }

    /** What is loaded stays in memory without its file. */
    private static void delete(Path path) {
        try {
            if (path != null) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            path.toFile().deleteOnExit();
        }
    }

    /** Families that the processor and the system have, bit {@code 1 << Family.ordinal()} each. */
    static native int families();

    /** Does one part; returns 0, or what it refuses: {@code (index + 1) << 32 | value}. */
    static native long run(int family, int operation, long arguments, int part, long scratch);

    /** Scratch memory that each thread needs for this call. */
    static native long scratchBytes(int family, int operation, long arguments);

    static native long panelBytes(int format, long k);

    static native long panelDepth(int format, long k);

    /** The ordinal of the {@link Preparation} that a family's products with such weights want. */
    static native int preparation(int family, int format);

    /** Units of an attention call, or −1 − the sequence that does not fit. */
    static native long planAttention(long arguments, long rows, long room);

    /** Zeroed memory at a multiple of 64; 0 if there is none. */
    static native long allocate(long bytes);

    static native void free(long address, long bytes);

    static native void copy(long from, long to, long bytes);

    /** Address of a direct buffer's first byte. */
    static native long address(ByteBuffer buffer);

    static native void putInts(int[] from, int at, int count, long to);

    static native void putLongs(long[] from, int at, int count, long to);

    static native void putFloats(float[] from, int at, int count, long to, boolean halves);

    static native void getInts(long from, int[] to, int at, int count);

    static native void getLongs(long from, long[] to, int at, int count);

    static native void getDoubles(long from, double[] to, int at, int count);

    static native void getFloats(long from, float[] to, int at, int count, boolean halves);

    /** Binds the calling thread to one of the processors it may use. */
    static native boolean pin(int processor);

    private static final class Holder {
        static final String PROBLEM = load(Library.class.getResourceAsStream(RESOURCE));
    }
}
