package dev.millrace.engine.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A file on its way into the cache: what is written is hashed, and only what hashes right is kept.
 *
 * <p>Thread-safety: none, save {@link #size}.
 */
final class PartialBlob implements AutoCloseable {
    private static final int CHUNK = 1 << 20;

    private final Path path;
    private final RemoteFile file;
    private final FileChannel channel;
    private MessageDigest digest;
    private final AtomicLong size = new AtomicLong();

    /** Opens what an earlier fetch has left behind, or nothing. */
    PartialBlob(Path path, RemoteFile file) {
        this.path = path;
        this.file = file;
        try {
            Files.createDirectories(path.getParent());
            this.channel =
                    FileChannel.open(
                            path,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE);
            restart();
            hashWhatIsThere();
        } catch (IOException e) {
            throw HubProblems.cache(path, e);
        }
    }

    private void hashWhatIsThere() throws IOException {
        long end = channel.size() <= file.size() ? channel.size() : 0;
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
        while (size.get() < end && channel.read(chunk, size.get()) > 0) {
            chunk.flip();
            size.addAndGet(chunk.remaining());
            digest.update(chunk);
            chunk.clear();
        }
    }

    /** Bytes that are there. */
    long size() {
        return size.get();
    }

    boolean isComplete() {
        return size.get() == file.size();
    }

    /** Forgets what is there; the next bytes are the file's first. */
    void restart() {
        size.set(0);
        digest = file.hash().digest(file.size());
    }

    /** The next {@code length} bytes. */
    void append(byte[] bytes, int length) {
        try {
            ByteBuffer rest = ByteBuffer.wrap(bytes, 0, length);
            while (rest.hasRemaining()) {
                int written = channel.write(rest, size.get());
                digest.update(bytes, rest.position() - written, written);
                size.addAndGet(written);
            }
        } catch (IOException e) {
            throw HubProblems.cache(path, e);
        }
    }

    /** Returns if the whole file is there and hashes right; otherwise nothing of it is kept. */
    void verify(String where) {
        boolean right = isComplete() && file.hash().matches(digest);
        try {
            if (right) {
                channel.truncate(size.get());
                channel.force(true);
                return;
            }
            Files.delete(path);
        } catch (IOException e) {
            throw HubProblems.cache(path, e);
        }
        throw HubProblems.refuse(
                HubError.WRONG_HASH,
                where,
                size + " bytes with another hash",
                file.size() + " bytes with the hash " + file.hash().hex(),
                "Nothing of it was kept: fetch it again; if that does not help, what lies between"
                        + " you and the hub changes files");
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw HubProblems.cache(path, e);
        }
    }
}
