package dev.millrace.operator;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.api.connector.sink2.CommitterInitContext;
import org.apache.flink.api.connector.sink2.CommittingSinkWriter;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.SupportsCommitter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * A ledger that is written as Kafka is under exactly-once: in transactions, prepared with a checkpoint and committed once
 * after it.
 *
 * @param ledger name of the ledger in this process
 */
record LedgerSink(String ledger)
        implements Sink<String>, SupportsCommitter<LedgerSink.Transaction> {
    private static final Map<String, Ledger> LEDGERS = new ConcurrentHashMap<>();

    record Transaction(String id, List<String> rows) {}

    private record Ledger(Set<String> committed, List<String> rows) {}

    static LedgerSink create() {
        String name = UUID.randomUUID().toString();
        LEDGERS.put(name, new Ledger(ConcurrentHashMap.newKeySet(), new CopyOnWriteArrayList<>()));
        return new LedgerSink(name);
    }

    /** What a reader of committed rows sees. */
    List<String> rows() {
        return LEDGERS.get(ledger).rows;
    }

    @Override
    public SinkWriter<String> createWriter(WriterInitContext context) {
        return new Writer();
    }

    @Override
    public Committer<Transaction> createCommitter(CommitterInitContext context) {
        return new LedgerCommitter(LEDGERS.get(ledger));
    }

    @Override
    public SimpleVersionedSerializer<Transaction> getCommittableSerializer() {
        return new TransactionSerializer();
    }

    private static final class Writer implements CommittingSinkWriter<String, Transaction> {
        private List<String> rows = new ArrayList<>();

        @Override
        public void write(String row, Context context) {
            rows.add(row);
        }

        @Override
        public void flush(boolean endOfInput) {}

        @Override
        public Collection<Transaction> prepareCommit() {
            Transaction prepared = new Transaction(UUID.randomUUID().toString(), rows);
            rows = new ArrayList<>();
            return prepared.rows.isEmpty() ? List.of() : List.of(prepared);
        }

        @Override
        public void close() {}
    }

    private record LedgerCommitter(Ledger ledger) implements Committer<Transaction> {
        @Override
        public void commit(Collection<CommitRequest<Transaction>> requests) {
            for (CommitRequest<Transaction> request : requests) {
                Transaction transaction = request.getCommittable();
                if (ledger.committed.add(transaction.id)) {
                    ledger.rows.addAll(transaction.rows);
                } else {
                    request.signalAlreadyCommitted(); // a restore repeats commits
                }
            }
        }

        @Override
        public void close() {}
    }

    private static final class TransactionSerializer
            implements SimpleVersionedSerializer<Transaction> {
        @Override
        public int getVersion() {
            return 1;
        }

        @Override
        public byte[] serialize(Transaction transaction) throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(bytes);
            out.writeUTF(transaction.id);
            out.writeInt(transaction.rows.size());
            for (String row : transaction.rows) {
                out.writeUTF(row);
            }
            return bytes.toByteArray();
        }

        @Override
        public Transaction deserialize(int version, byte[] serialized) throws IOException {
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(serialized));
            String id = in.readUTF();
            int size = in.readInt();
            List<String> rows = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                rows.add(in.readUTF());
            }
            return new Transaction(id, rows);
        }
    }
}
