package dev.millrace.kernels.cuda.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.kernels.cuda.emulator.TestingPrograms.Build;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Mistakes of host code show up every time, and the driver says what a real one would. */
final class HostFaultTest {
    private static final String INVALID_VALUE = "1";
    private static final String OUT_OF_MEMORY = "2";
    private static final String INVALID_IMAGE = "200";
    private static final String NOT_FOUND = "500";
    private static final String NOT_READY = "600";
    private static final String ILLEGAL_ADDRESS = "700";
    private static final String CAPTURE_UNSUPPORTED = "900";
    private static final String CAPTURE_INVALIDATED = "901";

    private static TestingPrograms emulator;

    @BeforeAll
    static void build() {
        emulator = TestingPrograms.require(HostFaultTest.class);
    }

    @Test
    void readingBeforeSynchronisingSeesOldData() {
        ChildProcess.Result result = run("read-without-synchronising");
        assertThat(result.value("before")).isEqualTo("5");
        assertThat(result.value("after")).isEqualTo("0");
    }

    @Test
    void pinnedSourceIsReadWhenTheCopyRuns() {
        assertThat(run("pinned-source-changed").value("copied")).isEqualTo("2");
    }

    @Test
    void pageableSourceIsReadBeforeTheCallReturns() {
        assertThat(run("pageable-source-changed").value("copied")).isEqualTo("1");
    }

    @Test
    void streamsAreOrderedByEventsOnly() {
        assertThat(run("streams-without-event").value("copied")).isEqualTo("0");
        assertThat(run("streams-with-event").value("copied")).isEqualTo("6");
    }

    @Test
    void copiesOutOfRangeAreRefusedAndNamed() {
        ChildProcess.Result result = run("copies-out-of-range");
        for (String copy :
                List.of(
                        "device to host, one byte too many",
                        "host to device, behind the end",
                        "device to device",
                        "memset",
                        "host to freed",
                        "freed twice")) {
            assertThat(result.value(copy)).as(copy).isEqualTo(INVALID_VALUE);
        }
        assertThat(result.value("still usable")).isEqualTo("0");
        assertThat(result.errors()).contains("allocation of 64 bytes, already freed");
    }

    @Test
    void firstQueryOfPendingWorkIsNotReady() {
        ChildProcess.Result result = run("query-before-done");
        assertThat(result.value("first")).isEqualTo(NOT_READY);
        assertThat(result.value("second")).isEqualTo("0");
        assertThat(result.value("value")).isEqualTo("0");
    }

    @Test
    void synchronisingCallBreaksACapture() {
        ChildProcess.Result result = run("synchronise-while-capturing");
        assertThat(result.value("allocation")).isEqualTo(CAPTURE_UNSUPPORTED);
        assertThat(result.value("end of capture")).isEqualTo(CAPTURE_INVALIDATED);
    }

    @Test
    void graphReplaysCopiesAndFillsWithPresentContents() {
        ChildProcess.Result result = run("graph-replay");
        assertThat(result.value("after capture")).isEqualTo("0");
        assertThat(result.value("first replay")).isEqualTo("10");
        assertThat(result.value("second replay")).isEqualTo("20");
    }

    @Test
    void damagedImagesAndMissingKernelsAreRefused() {
        ChildProcess.Result result = run("bad-images");
        assertThat(result.value("noise")).isEqualTo(INVALID_IMAGE);
        assertThat(result.value("damaged fat binary")).isEqualTo(INVALID_IMAGE);
        assertThat(result.value("nothing")).isEqualTo(INVALID_IMAGE);
        assertThat(result.value("no such kernel")).isEqualTo(NOT_FOUND);
    }

    @Test
    void memoryOfEightyGigabytesCanBeUsedUp() {
        ChildProcess.Result result = run("allocate-too-much");
        assertThat(result.value("total MiB")).isEqualTo("81920");
        assertThat(result.value("more than there is")).isEqualTo(OUT_OF_MEMORY);
        assertThat(result.value("all there is")).isEqualTo("0");
        assertThat(result.value("one byte more")).isEqualTo(OUT_OF_MEMORY);
    }

    @Test
    void devicePosesAsH100() {
        ChildProcess.Result result = run("describe-device");
        assertThat(result.value("capability")).isEqualTo("90");
        assertThat(result.value("multiprocessors")).isEqualTo("132");
        assertThat(result.value("devices")).isEqualTo("1");
        assertThat(result.value("found by bus id")).isEqualTo("0");
    }

    @Test
    void devicePosesAsTheOptionsSay() {
        Map<String, String> options =
                Map.of(
                        "DEVICES", "3",
                        "COMPUTE_CAPABILITY", "7.5",
                        "DRIVER_VERSION", "12020",
                        "NAME", "Tesla T4",
                        "SMS", "40");
        ChildProcess.Result result = run(options, "describe-device");
        assertThat(result.value("capability")).isEqualTo("75");
        assertThat(result.value("driver")).isEqualTo("12020");
        assertThat(result.value("name")).isEqualTo("Tesla T4");
        assertThat(result.value("multiprocessors")).isEqualTo("40");
        assertThat(result.value("devices")).isEqualTo("3");
        assertThat(result.value("found by bus id")).isEqualTo("2");
    }

    @Test
    void machineWithoutDevicesFailsAtTheStart() {
        ChildProcess.Result result = run(Map.of("DEVICES", "0"), "describe-device");
        assertThat(result.output()).startsWith("error 100 CUDA_ERROR_NO_DEVICE in cuInit(0)");
    }

    @Test
    void injectedErrorComesOnceAndStickyOneStays() {
        Map<String, String> options = Map.of("FAIL", "cuMemAlloc:2:2,cuCtxSynchronize:1:700");
        ChildProcess.Result result = run(options, "injected-faults");
        assertThat(result.value("allocation 1")).isEqualTo("0");
        assertThat(result.value("allocation 2")).isEqualTo(OUT_OF_MEMORY);
        assertThat(result.value("allocation 3")).isEqualTo("0");
        assertThat(result.value("synchronise")).isEqualTo(ILLEGAL_ADDRESS);
        assertThat(result.value("afterwards")).isEqualTo(ILLEGAL_ADDRESS);
    }

    private static ChildProcess.Result run(String scenario) {
        return run(Map.of(), scenario);
    }

    private static ChildProcess.Result run(Map<String, String> options, String scenario) {
        return emulator.run(Build.PLAIN, "bugs", options, List.of("host-fault", scenario));
    }
}
