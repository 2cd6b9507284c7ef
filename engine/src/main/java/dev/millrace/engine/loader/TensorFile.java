package dev.millrace.engine.loader;

import dev.millrace.engine.ErrorCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file read by position. Not mapped: a file that shrinks under a mapping kills the process.
 *
 * <p>Thread-safety: all methods may be called from any thread.
 */
final class TensorFile implements AutoCloseable {
    private final Path path;
    private final FileChannel channel;
    private final long size;
    private final ErrorCode readFailed;

    private TensorFile(Path path, FileChannel channel, long size, ErrorCode readFailed) {
        this.path = path;
        this.channel = channel;
        this.size = size;
        this.readFailed = readFailed;
    }

    static TensorFile open(Path path, ErrorCode readFailed) {
        try {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            return new TensorFile(path, channel, channel.size(), readFailed);
        } catch (IOException e) {
            throw Problems.refuse(
                    readFailed,
                    path.toString(),
                    "an error on opening: " + e,
                    "a readable file",
                    "Check the path and its permissions",
                    e);
        }
    }

    Path path() {
        return path;
    }

    /** Size in bytes when the file was opened. */
    long size() {
        return size;
    }

    /** Name without folders, for messages. */
    String name() {
        return path.getFileName().toString();
    }

    /** Appends {@code length} bytes from {@code position} on to {@code target}. */
    void read(long position, ByteBuffer target, int length) {
        int limit = target.limit();
        target.limit(target.position() + length);
        try {
            long at = position;
            while (target.hasRemaining()) {
                int count = channel.read(target, at);
                if (count < 0) {
                    throw shorter(at);
                }
                at += count;
            }
        } catch (IOException e) {
            throw Problems.refuse(
                    readFailed,
                    path.toString(),
                    "an error at byte " + position + ": " + e,
                    "readable bytes",
                    "Check the disk or the network file system",
                    e);
        } finally {
            target.limit(limit);
        }
    }

    /** {@code length} bytes from {@code position} on, little-endian, ready to be read. */
    ByteBuffer read(long position, int length) {
        ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        read(position, bytes, length);
        return bytes.flip();
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw Problems.refuse(
                    readFailed, path.toString(), "an error on closing: " + e, "none", "", e);
        }
    }

    private RuntimeException shorter(long at) {
        return Problems.refuse(
                readFailed,
                path.toString(),
                "the end of the file at byte " + at,
                size + " bytes, its size when it was opened",
                "Do not write to model files in use");
    }
}
