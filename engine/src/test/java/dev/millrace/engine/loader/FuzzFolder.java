package dev.millrace.engine.loader;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A folder for the file that is being tried. */
final class FuzzFolder {
    private final Path folder;

    FuzzFolder() {
        try {
            folder = Files.createTempDirectory("millrace-fuzz");
            folder.toFile().deleteOnExit();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path path(String name) {
        return folder.resolve(name);
    }

    Path write(String name, byte[] data) {
        try {
            Path file = Files.write(path(name), data);
            file.toFile().deleteOnExit();
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
