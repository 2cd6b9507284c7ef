package dev.millrace.engine.hub;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * One model's folder in the cache, laid out as Python's huggingface_hub does: {@code blobs/HASH} holds bytes, {@code
 * snapshots/COMMIT/NAME} links to them, {@code refs/REVISION} names the commit.
 *
 * <p>Thread-safety: stateless; who writes holds the {@link CacheLock}.
 */
final class HubCache {
    private static final String FOLDER_START = "models--";

    private final Path root;
    private final Path folder;

    HubCache(Path root, ModelName model) {
        this.root = root.toAbsolutePath();
        this.folder = this.root.resolve(folderName(model));
    }

    private static String folderName(ModelName model) {
        return FOLDER_START + model.organization() + "--" + model.name();
    }

    Path root() {
        return root;
    }

    Path lockFile() {
        return root.resolve(".locks").resolve(folder.getFileName()).resolve("millrace.lock");
    }

    Path blob(FileHash hash) {
        return folder.resolve("blobs").resolve(hash.hex());
    }

    /** What has been fetched of a blob so far. */
    Path partial(FileHash hash) {
        return folder.resolve("blobs").resolve(hash.hex() + ".incomplete");
    }

    Path snapshot(String commit) {
        return folder.resolve("snapshots").resolve(commit);
    }

    /** The commit that {@code revision} meant when it was last asked for. */
    Optional<String> commit(String revision) {
        Path ref = folder.resolve("refs").resolve(revision);
        try {
            if (Files.isRegularFile(ref)) {
                return Optional.of(Files.readString(ref).strip()).filter(HubClient::isCommitName);
            }
        } catch (IOException e) {
            throw HubProblems.cache(ref, e);
        }
        return Files.isDirectory(snapshot(revision)) ? Optional.of(revision) : Optional.empty();
    }

    void saveCommit(String revision, String commit) {
        if (revision.equals(commit)) {
            return;
        }
        Path ref = folder.resolve("refs").resolve(revision);
        try {
            Files.createDirectories(ref.getParent());
            Path written = Files.createTempFile(ref.getParent(), ".ref", ".tmp");
            Files.writeString(written, commit);
            move(written, ref);
        } catch (IOException e) {
            throw HubProblems.cache(ref, e);
        }
    }

    /** Makes a checked blob visible to everybody. */
    void publish(FileHash hash) {
        try {
            move(partial(hash), blob(hash));
        } catch (IOException e) {
            throw HubProblems.cache(blob(hash), e);
        }
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** Gives a blob its name in a snapshot. */
    void link(String commit, RemoteFile file) {
        Path link = snapshot(commit).resolve(file.name());
        Path target = Path.of("..", "..", "blobs", file.hash().hex());
        try {
            Files.createDirectories(link.getParent());
            if (Files.isSymbolicLink(link) && Files.readSymbolicLink(link).equals(target)) {
                return;
            }
            Files.deleteIfExists(link);
            Files.createSymbolicLink(link, target);
        } catch (FileAlreadyExistsException e) {
            // A Python tool was faster; names of one commit never change.
        } catch (IOException | UnsupportedOperationException e) {
            throw HubProblems.cache(link, e instanceof IOException io ? io : new IOException(e));
        }
    }

    /** Names of the files that a snapshot has in whole. */
    Set<String> names(String commit) {
        Path snapshot = snapshot(commit);
        if (!Files.isDirectory(snapshot)) {
            return Set.of();
        }
        try (Stream<Path> files = Files.list(snapshot)) {
            Set<String> names = new TreeSet<>();
            // Follows links: one whose blob is gone does not count.
            files.filter(Files::isRegularFile).forEach(f -> names.add(f.getFileName().toString()));
            return names;
        } catch (IOException e) {
            throw HubProblems.cache(snapshot, e);
        }
    }

    /** {@code ORG/NAME} with the commit's beginning when the path lies in such a cache. */
    static Optional<String> label(Path path) {
        Path snapshot = Files.isDirectory(path) ? path : path.toAbsolutePath().getParent();
        if (snapshot == null || snapshot.getNameCount() < 3) {
            return Optional.empty();
        }
        String folder = snapshot.getName(snapshot.getNameCount() - 3).toString();
        boolean cached =
                snapshot.getParent().endsWith("snapshots") && folder.startsWith(FOLDER_START);
        if (!cached) {
            return Optional.empty();
        }
        String commit = snapshot.getFileName().toString();
        String name = folder.substring(FOLDER_START.length()).replaceFirst("--", "/");
        return Optional.of(name + "@" + commit.substring(0, Math.min(8, commit.length())));
    }
}
