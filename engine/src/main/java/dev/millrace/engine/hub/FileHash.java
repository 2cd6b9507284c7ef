package dev.millrace.engine.hub;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a hub announces about a file's bytes in its ETag: SHA-256 for large files, Git's SHA-1 of a blob for the others.
 *
 * @param hex 64 or 40 lower-case digits; also the file's name in the cache
 */
record FileHash(String hex) {
    private static final Pattern FORM = Pattern.compile("[0-9a-f]{64}|[0-9a-f]{40}");

    /** Reads an ETag; empty if it is no hash. */
    static Optional<FileHash> ofEtag(String etag) {
        String text = etag.startsWith("W/") ? etag.substring(2) : etag;
        String hex = text.replace("\"", "").strip();
        return FORM.matcher(hex).matches() ? Optional.of(new FileHash(hex)) : Optional.empty();
    }

    /** A digest that has seen what comes before the bytes: nothing, or Git's header with the size. */
    MessageDigest digest(long size) {
        MessageDigest digest = messageDigest(isSha256() ? "SHA-256" : "SHA-1");
        if (!isSha256()) {
            digest.update(("blob " + size + "\0").getBytes(StandardCharsets.US_ASCII));
        }
        return digest;
    }

    boolean matches(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest()).equals(hex);
    }

    private boolean isSha256() {
        return hex.length() == 64;
    }

    private static MessageDigest messageDigest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has " + algorithm, e);
        }
    }
}
