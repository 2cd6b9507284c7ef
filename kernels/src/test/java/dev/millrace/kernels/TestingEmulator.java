package dev.millrace.kernels;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The emulated CUDA device: a {@code libcuda.so.1} of the build that takes the driver's place in this process.
 *
 * <p>{@code -Dmillrace.emulator=plain|check} chooses fast or checked kernels; {@code none} leaves it out; {@code device} is for a machine
 * with a GPU, which then takes its place. Its own settings are environment variables, see {@code src/test/emulator/README.md}. With {@code MILLRACE_CUDA=required} it is an error that it was
 * not built.
 */
public final class TestingEmulator {
    private static final String MODE = System.getProperty("millrace.emulator", "plain");
    private static final boolean LOADED = load();

    private TestingEmulator() {}

    /** Whether CUDA calls reach the emulator. */
    public static boolean isLoaded() {
        return LOADED;
    }

    /** Whether it checks every access of a kernel. */
    public static boolean isChecked() {
        return LOADED && MODE.equals("check");
    }

    private static boolean load() {
        if (MODE.equals("device")) {
            return true;
        }
        Path library = folder().resolve(MODE).resolve("libcuda.so.1").toAbsolutePath();
        if (MODE.equals("none") || !Files.exists(library)) {
            if ("required".equals(System.getenv("MILLRACE_CUDA"))) {
                throw new AssertionError("no emulator at " + library);
            }
            return false;
        }
        // Before JCuda, whose library then finds this one loaded under the name that it needs.
        System.load(library.toString());
        String order = System.getenv("MILLRACE_EMU_ORDER");
        if (order != null) {
            System.out.println("CUDA emulator: " + MODE + ", order " + order);
        }
        return true;
    }

    /** Where the build puts it: this module's target folder, also seen from the modules beside it. */
    private static Path folder() {
        Path here = Path.of("target/emulator");
        return Files.isDirectory(here) ? here : Path.of("../kernels/target/emulator");
    }
}
