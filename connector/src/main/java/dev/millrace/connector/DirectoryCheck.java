package dev.millrace.connector;

import dev.millrace.engine.Problem;
import java.io.IOException;
import java.util.UUID;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/** Finds out whether checkpoints can be written before there is one to write. */
final class DirectoryCheck {

    private DirectoryCheck() {}

    /**
     * Writes a file there and deletes it.
     *
     * @throws InvalidJobException if that fails
     */
    static void requireWritable(String directory) {
        try {
            Path path = new Path(directory);
            FileSystem files = path.getFileSystem();
            Path probe = new Path(path, ".millrace-" + UUID.randomUUID());
            files.mkdirs(path);
            try (FSDataOutputStream out = files.create(probe, FileSystem.WriteMode.NO_OVERWRITE)) {
                out.write(0);
            }
            files.delete(probe, false);
        } catch (IOException | IllegalArgumentException e) {
            String reason = e.getMessage() == null ? "" : " (" + e.getMessage() + ")";
            throw new InvalidJobException(
                    new Problem(
                            JobError.UNWRITABLE_DIRECTORY,
                            JobOption.CHECKPOINT_DIR.key(),
                            directory + ", which cannot be written" + reason,
                            "a folder or URI that every TaskManager and the JobManager can write to",
                            "Create it, or change its permissions"),
                    e);
        }
    }
}
