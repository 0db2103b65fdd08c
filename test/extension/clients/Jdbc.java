import java.sql.*;
import java.util.*;

/** The extension through JDBC, asked as DBeaver asks: `java -cp duckdb_jdbc.jar Jdbc.java BINARY FASTQ` prints lines. */
public class Jdbc {
  public static void main(String[] arguments) throws Exception {
    String fastq = arguments[1];
    Properties settings = new Properties();
    settings.setProperty("allow_unsigned_extensions", "true");
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:", settings)) {
      try (Statement statement = connection.createStatement()) {
        statement.execute("load '" + arguments[0] + "'");
        statement.execute("create view reads as select record, id, length(sequence) as bases from read_fastq('" + fastq + "')");
      }
      metadata(connection);
      prepared(connection, fastq);
      failing(connection);
      cancelled(connection, fastq);
    }
  }

  /** What the tree on the left of a window is made of. */
  static void metadata(Connection connection) throws SQLException {
    StringJoiner found = new StringJoiner(" ");
    try (ResultSet columns = connection.getMetaData().getColumns(null, null, "reads", null)) {
      while (columns.next()) found.add(columns.getString("COLUMN_NAME") + ":" + columns.getString("TYPE_NAME"));
    }
    System.out.println("columns " + found);
  }

  /** Types before it runs, values, a page of rows, again with other values. */
  static void prepared(Connection connection, String fastq) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement("select record, bases from reads where record >= ? and record < ? order by record")) {
      ResultSetMetaData types = statement.getMetaData();
      System.out.println("types " + types.getColumnTypeName(1) + " " + types.getColumnTypeName(2));
      statement.setMaxRows(200);
      statement.setFetchSize(200);
      for (long from : new long[] {3, 19998}) {
        statement.setLong(1, from);
        statement.setLong(2, from + 2);
        StringJoiner rows = new StringJoiner(" ");
        try (ResultSet result = statement.executeQuery()) {
          while (result.next()) rows.add(result.getLong(1) + ":" + result.getInt("bases"));
        }
        System.out.println("rows " + rows);
      }
    }
    try (PreparedStatement statement = connection.prepareStatement("select count(*) from read_fastq(?)")) {
      statement.setString(1, fastq);
      try (ResultSet result = statement.executeQuery()) {
        result.next();
        System.out.println("count " + result.getLong(1));
      }
    }
  }

  static void failing(Connection connection) {
    try (Statement statement = connection.createStatement()) {
      statement.executeQuery("from read_fastq('/nowhere/x.fastq')");
    } catch (SQLException error) {
      System.out.println("error " + error.getMessage().lines().findFirst().orElse(""));
    }
  }

  /** The button Stop, in a query of many batches. */
  static void cancelled(Connection connection, String fastq) throws Exception {
    String list = String.join(", ", Collections.nCopies(60, "'" + fastq + "'"));
    try (Statement statement = connection.createStatement()) {
      Thread stop = new Thread(() -> {
        try {
          Thread.sleep(300);
          statement.cancel();
        } catch (Exception error) {
          throw new IllegalStateException(error);
        }
      });
      stop.start();
      long start = System.nanoTime();
      try (ResultSet result = statement.executeQuery("select sum(length(repeat(sequence, 400))) from read_fastq([" + list + "])")) {
        result.next();
        System.out.println("cancelled no");
      } catch (SQLException error) {
        System.out.println("cancelled " + (System.nanoTime() - start < 3_000_000_000L ? "soon" : "late"));
      }
      stop.join();
    }
    try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery("select count(*) from reads")) {
      result.next();
      System.out.println("after " + result.getLong(1));
    }
  }
}
