package io.henge.server.grpc;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.CreateCopy;
import io.henge.api.internal.v1.CreateIndex;
import io.henge.api.internal.v1.DropCopy;
import io.henge.api.internal.v1.DropIndex;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.SetChanges;
import io.henge.api.v1.CollectionRecord;
import io.henge.api.v1.CopiedField;
import io.henge.api.v1.CopyRule;
import io.henge.api.v1.CopyState;
import io.henge.api.v1.CreateCopyRequest;
import io.henge.api.v1.CreateIndexRequest;
import io.henge.api.v1.DropCopyRequest;
import io.henge.api.v1.DropIndexRequest;
import io.henge.api.v1.SetChangesRequest;
import io.henge.document.declare.CopyDeclaration;
import io.henge.document.path.Path;
import io.henge.document.path.PathStep;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Turns what is asked to be derived from documents into commands for meta. Everything throws {@link
 * HengeException} INVALID_ARGUMENT for what cannot be.
 */
final class Declarations {
  private Declarations() {}

  static MetaCommand createIndex(CreateIndexRequest request) {
    return MetaCommand.newBuilder()
        .setCreateIndex(
            CreateIndex.newBuilder()
                .setCollection(request.getCollection())
                .setIndex(DerivedPaths.checked(request.getIndex()))
                .setIfAbsent(request.getIfAbsent()))
        .build();
  }

  static MetaCommand dropIndex(DropIndexRequest request) {
    return MetaCommand.newBuilder()
        .setDropIndex(
            DropIndex.newBuilder()
                .setCollection(request.getCollection())
                .setName(request.getName()))
        .build();
  }

  static MetaCommand createCopy(CreateCopyRequest request) {
    String holder = request.getCollection();
    CopyRule rule = request.getRule();
    if (!request.getText().isEmpty()) {
      if (request.hasRule()) {
        throw HengeException.invalid("text: a rule or its text expected, found both");
      }
      CopyDeclaration declared = CopyDeclaration.parse(request.getText());
      holder = declared.holder();
      rule = declared.rule();
    }
    return MetaCommand.newBuilder()
        .setCreateCopy(
            CreateCopy.newBuilder()
                .setCollection(holder)
                .setRule(DerivedPaths.checked(rule))
                .setIfAbsent(request.getIfAbsent())
                .setReplace(request.getReplace()))
        .build();
  }

  static MetaCommand setChanges(SetChangesRequest request) {
    SetChanges.Builder set = SetChanges.newBuilder().setCollection(request.getCollection());
    if (request.hasChanges()) {
      set.setChanges(request.getChanges());
    }
    return MetaCommand.newBuilder().setSetChanges(set).build();
  }

  /** Finds the rule by its id, or by what it writes. */
  static MetaCommand dropCopy(DropCopyRequest request, Collection<CollectionRecord> collections) {
    DropCopy.Builder drop = DropCopy.newBuilder().setKeep(request.getKeep());
    List<Integer> found = new ArrayList<>();
    for (CollectionRecord holder : collections) {
      boolean asked =
          !holder.getDropped()
              && (request.getCollection().isEmpty()
                  || request.getCollection().equals(holder.getName()));
      for (CopyRule rule : asked ? holder.getDocuments().getRulesList() : List.<CopyRule>of()) {
        if (rule.getState() == CopyState.COPY_STATE_LIVE && isMeant(request, rule)) {
          drop.setCollection(holder.getName()).setId(rule.getId());
          found.add(rule.getId());
        }
      }
    }
    if (found.isEmpty()) {
      throw new HengeException(
          ErrorCode.NOT_FOUND,
          "there is no copy "
              + (request.getId() != 0
                  ? Integer.toUnsignedString(request.getId())
                  : request.getCollection() + "." + request.getPath())
              + "; copies lists them");
    }
    if (found.size() > 1) {
      throw HengeException.invalid(
          "path: "
              + request.getPath()
              + " is written by copies "
              + found
              + ": name one by its number");
    }
    return MetaCommand.newBuilder().setDropCopy(drop).build();
  }

  private static boolean isMeant(DropCopyRequest request, CopyRule rule) {
    if (request.getId() != 0) {
      return rule.getId() == request.getId();
    }
    if (request.getCollection().isEmpty()) {
      throw HengeException.invalid(
          "drop copy: the holder and a path, or the number of a copy expected");
    }
    List<PathStep> wanted =
        request.getPath().isEmpty() ? List.of() : Path.parse(request.getPath()).steps();
    List<PathStep> target =
        rule.getTarget().isEmpty() ? List.of() : Path.parse(rule.getTarget()).steps();
    if (wanted.equals(target)) {
      return true;
    }
    for (CopiedField field : rule.getFieldsList()) {
      if (!field.getAs().isEmpty()) {
        List<PathStep> written = new ArrayList<>(target);
        written.addAll(Path.parse(field.getAs()).steps());
        if (wanted.equals(written)) {
          return true;
        }
      }
    }
    return false;
  }
}
