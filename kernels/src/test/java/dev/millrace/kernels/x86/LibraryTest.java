package dev.millrace.kernels.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.kernels.CpuKernels;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KernelsConfig;
import dev.millrace.kernels.KernelsConfig.ActivationQuantization;
import dev.millrace.kernels.KernelsConfig.ComputePrecision;
import dev.millrace.kernels.KernelsConfig.WeightRounding;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of libraries that cannot be loaded, and which family is chosen. */
final class LibraryTest {
    private static final int ELF_MACHINE = 18;
    private static final byte AARCH64 = (byte) 0xB7;

    @AfterEach
    void chooseAgain() {
        System.clearProperty(FamilyChoice.PROPERTY);
    }

    private static byte[] library() throws IOException {
        try (InputStream in = Library.class.getResourceAsStream("libmillrace-x86.so")) {
            assumeTrue(in != null, "built without a C compiler");
            return in.readAllBytes();
        }
    }

    @Test
    void aJarWithoutTheLibrarySaysSo() {
        assertThat(Library.load(null)).isEqualTo("this jar was built without them");
    }

    @Test
    void aLibraryForAnotherProcessorIsLeftAlone() throws IOException {
        byte[] bytes = library();
        bytes[ELF_MACHINE] = AARCH64;
        String problem = Library.load(new ByteArrayInputStream(bytes));
        assertThat(problem).isNotEmpty().doesNotContain("\n");
        assertThat(FamilyChoice.choose("auto", List.of(), problem)).isEmpty();
    }

    @Test
    void aFileThatIsNoLibraryIsLeftAlone() {
        assertThat(Library.load(new ByteArrayInputStream(new byte[5000]))).isNotEmpty();
    }

    @Test
    void aLibraryThatWasCutShortIsLeftAlone() throws IOException {
        byte[] bytes = library();
        for (int length : new int[] {0, 10, 64, bytes.length / 2, bytes.length - 1}) {
            byte[] part = Arrays.copyOf(bytes, length);
            assertThat(Library.load(new ByteArrayInputStream(part)))
                    .isEqualTo("the library in the jar is not whole: " + length + " bytes");
        }
    }

    /** The text is what glibc 2.36 and JDK 17 say on a tmpfs that is mounted noexec. */
    @Test
    void aDirectoryForNoProgramsIsNamedAsTheCause() {
        String copy = "/tmp/millrace-x86-4198931123828119035/libmillrace-x86.so: ";
        String text = copy + copy + "failed to map segment from shared object";
        assertThat(Library.refusal(text))
                .startsWith(text)
                .endsWith(
                        "is mounted noexec, or may hold no programs: name another by java.io.tmpdir");
    }

    @Test
    void aSecondClassLoaderLoadsACopyOfItsOwn() throws Exception {
        List<Family> here = Family.available();
        List<URL> path = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            path.add(new File(entry).toURI().toURL());
        }
        ClassLoader platform = ClassLoader.getPlatformClassLoader();
        try (URLClassLoader other = new URLClassLoader(path.toArray(new URL[0]), platform)) {
            Class<?> family = other.loadClass(Family.class.getName());
            assertThat(family).isNotSameAs(Family.class);
            Object there = family.getMethod("available").invoke(null);
            assertThat(there).hasToString(here.toString());
        }
    }

    @Test
    void theBestFamilyIsChosenUnlessOneIsNamed() {
        List<Family> some = List.of(Family.AVX2, Family.AVX512);
        assertThat(FamilyChoice.choose("auto", some, null)).contains(Family.AVX512);
        assertThat(FamilyChoice.choose("avx2", some, null)).contains(Family.AVX2);
        assertThat(FamilyChoice.choose("off", some, null)).isEmpty();
        assertThat(FamilyChoice.choose("auto", List.of(), null)).isEmpty();
        assertThatThrownBy(() -> FamilyChoice.choose("amx", some, null))
                .isInstanceOf(KernelException.class)
                .hasMessageContaining("\"amx\"")
                .hasMessageContaining("auto, off, or one of [avx2, avx512]");
    }

    @ParameterizedTest
    @CsvSource({
        "off, BFLOAT16, CHECKPOINT, compute-precision: got bfloat16; expected float32",
        "off, FLOAT32, INT8, quantization: got int8; expected checkpoint",
        "off, AUTO, FP8, quantization: got fp8; expected checkpoint",
        "avx2, BFLOAT16, CHECKPOINT, compute-precision: got bfloat16; expected float32",
        "avx2, FLOAT32, FP8, quantization: got fp8; expected checkpoint or int8",
        "avx512, FLOAT32, FP8, quantization: got fp8; expected it with compute-precision = bfloat16",
    })
    void arithmeticThatIsNotThereIsRefusedWithWhatIs(
            String family, ComputePrecision precision, WeightRounding rounding, String message) {
        assumeTrue(
                family.equals("off")
                        || Family.available().stream().anyMatch(f -> f.text().equals(family)),
                "no " + family);
        System.setProperty(FamilyChoice.PROPERTY, family);
        KernelsConfig config =
                new KernelsConfig(
                        "cpu",
                        1,
                        precision,
                        DType.BF16,
                        ActivationQuantization.AUTO,
                        rounding,
                        Optional.empty());
        assertThatThrownBy(() -> Kernels.create(config))
                .isInstanceOf(KernelException.class)
                .hasMessageContaining("option " + message);
    }

    @Test
    void modelsForThePortableKernelsRunOnThemOrAreRefused() {
        for (Family family : Family.available()) {
            System.setProperty(FamilyChoice.PROPERTY, family.text());
            for (ComputePrecision precision : ComputePrecision.values()) {
                for (WeightRounding rounding : WeightRounding.values()) {
                    KernelsConfig config =
                            new KernelsConfig(
                                    "cpu",
                                    1,
                                    precision,
                                    DType.BF16,
                                    ActivationQuantization.AUTO,
                                    rounding,
                                    Optional.of("its weights are of Q6_K"));
                    if (precision == ComputePrecision.BFLOAT16
                            || rounding != WeightRounding.CHECKPOINT) {
                        assertThatThrownBy(() -> Kernels.create(config))
                                .hasMessageContaining("for this model, as its weights are of Q6_K");
                    } else {
                        try (Kernels kernels = Kernels.create(config)) {
                            assertThat(kernels).isInstanceOf(CpuKernels.class);
                        }
                    }
                }
            }
        }
    }

    @Test
    void autoTakesWhatTheProcessorHas() {
        System.setProperty(FamilyChoice.PROPERTY, "off");
        KernelsConfig config = new KernelsConfig("cpu", 1, ComputePrecision.AUTO, DType.BF16);
        try (Kernels kernels = Kernels.create(config)) {
            assertThat(kernels.activationType()).isEqualTo(DType.F32);
        }
        for (Family family : Family.available()) {
            System.setProperty(FamilyChoice.PROPERTY, family.text());
            try (Kernels kernels = Kernels.create(config)) {
                DType expected = family.hasBfloat16() ? DType.BF16 : DType.F32;
                assertThat(kernels.activationType()).isEqualTo(expected);
                assertThat(kernels.description()).contains(family.text());
            }
        }
    }
}
