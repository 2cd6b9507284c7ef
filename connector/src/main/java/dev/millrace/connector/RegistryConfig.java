package dev.millrace.connector;

import java.io.Serializable;
import java.net.URI;
import java.time.Duration;

/**
 * How to reach a schema registry.
 *
 * @param url where its REST interface begins
 * @param user for basic authentication; empty for none
 * @param password never shown
 * @param timeout of one try
 */
record RegistryConfig(URI url, String user, String password, Duration timeout)
        implements Serializable {

    @Override
    public String toString() {
        return "RegistryConfig[url=" + url + ", user=" + user + ", password=***]";
    }
}
