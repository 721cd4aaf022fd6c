package io.henge.bench.workload;

import java.util.Locale;
import java.util.Properties;

/** YCSB's core workloads A to F, as its own files define them, and U: updates only. */
public enum StandardWorkload {
  A("updates and reads, half and half", 0.5, 0.5, 0, 0, 0, "zipfian"),
  B("95 % reads, 5 % updates", 0.95, 0.05, 0, 0, 0, "zipfian"),
  C("reads only", 1, 0, 0, 0, 0, "zipfian"),
  D("95 % reads of the latest, 5 % inserts", 0.95, 0, 0.05, 0, 0, "latest"),
  E("95 % scans of 1 to 100 records, 5 % inserts", 0, 0, 0.05, 0.95, 0, "zipfian"),
  F("reads and read-modify-writes, half and half", 0.5, 0, 0, 0, 0.5, "zipfian"),
  U("updates only", 0, 1, 0, 0, 0, "zipfian");

  private final String description;
  private final double read;
  private final double update;
  private final double insert;
  private final double scan;
  private final double readModifyWrite;
  private final String distribution;

  StandardWorkload(
      String description,
      double read,
      double update,
      double insert,
      double scan,
      double readModifyWrite,
      String distribution) {
    this.description = description;
    this.read = read;
    this.update = update;
    this.insert = insert;
    this.scan = scan;
    this.readModifyWrite = readModifyWrite;
    this.distribution = distribution;
  }

  /** The workload of a letter, in either case. */
  public static StandardWorkload of(String letter) {
    try {
      return valueOf(letter.trim().toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "workload: one of a, b, c, d, e, f, u expected, found '" + letter + "'", e);
    }
  }

  public String description() {
    return description;
  }

  public boolean inserts() {
    return insert > 0;
  }

  /** Properties for YCSB's CoreWorkload. */
  public Properties properties(long records, int valueBytes) {
    Properties properties = new Properties();
    properties.setProperty("recordcount", Long.toString(records));
    properties.setProperty("operationcount", "0");
    properties.setProperty("fieldcount", "1");
    properties.setProperty("fieldlength", Integer.toString(valueBytes));
    properties.setProperty("readproportion", Double.toString(read));
    properties.setProperty("updateproportion", Double.toString(update));
    properties.setProperty("insertproportion", Double.toString(insert));
    properties.setProperty("scanproportion", Double.toString(scan));
    properties.setProperty("readmodifywriteproportion", Double.toString(readModifyWrite));
    properties.setProperty("requestdistribution", distribution);
    properties.setProperty("maxscanlength", "100");
    properties.setProperty("measurementtype", "hdrhistogram");
    return properties;
  }
}
