package dev.millrace.engine.hub;

import dev.millrace.engine.EngineFailedException;
import dev.millrace.engine.InvalidModelException;
import dev.millrace.engine.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/** Short forms for the refusals and failures of this package. */
final class HubProblems {
    static final String CHECK_NAME = "Check the name, or the path if a path is meant";

    private HubProblems() {}

    /** The model cannot be had like this; trying again does not help. */
    static InvalidModelException refuse(
            HubError code, String where, String given, String allowed, String remedy) {
        return new InvalidModelException(new Problem(code, where, given, allowed, remedy));
    }

    /** It did not work; another time it may. */
    static EngineFailedException failed(
            HubError code,
            String where,
            String given,
            String allowed,
            String remedy,
            Throwable cause) {
        return new EngineFailedException(new Problem(code, where, given, allowed, remedy), cause);
    }

    static InvalidModelException unexpected(String where, String given, String allowed) {
        return refuse(
                HubError.UNEXPECTED_ANSWER,
                where,
                given,
                allowed,
                "Check that HF_ENDPOINT is the address of a Hugging Face hub or a mirror of one");
    }

    /** A read or write in the cache failed. */
    static EngineFailedException cache(Path file, IOException cause) {
        String reason = String.valueOf(cause.getMessage());
        if (reason.toLowerCase(Locale.ROOT).contains("no space left")) {
            return diskFull(file, "a full disk", "room for the rest of the file", cause);
        }
        return failed(
                HubError.CACHE_FAILED,
                "model cache " + file,
                cause.getClass().getSimpleName() + ": " + reason,
                "files that can be read and written",
                "Check the permissions, or choose another cache with HF_HUB_CACHE",
                cause);
    }

    static EngineFailedException diskFull(
            Path file, String given, String allowed, Throwable cause) {
        return failed(
                HubError.DISK_FULL,
                "model cache " + file,
                given,
                allowed,
                "Make room or choose another cache with HF_HUB_CACHE; what was fetched is kept and gone on from",
                cause);
    }

    static InvalidModelException notCached(ModelName model, HubConfig config) {
        return refuse(
                HubError.OFFLINE,
                "model " + model,
                "no complete copy in " + config.cache(),
                "a model that the cache holds, as HF_HUB_OFFLINE or --offline is set",
                "Fetch it while online with: millrace pull " + model);
    }
}
