package io.henge.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Applications never see what the client is made of. */
class PublicSignaturesTest {
  @Test
  void shouldNotShowGrpcProtobufOrInternalTypes() throws Exception {
    List<Class<?>> types = publicTypes();
    assertThat(types).contains(HengeClient.class, Item.class, Batch.Step.class);
    for (Class<?> type : types) {
      for (Type used : typesIn(type)) {
        assertThat(used.getTypeName())
            .as("in " + type.getName())
            .doesNotContain("io.grpc", "com.google", "io.henge.api.v1", ".internal.");
      }
    }
  }

  private static List<Class<?>> publicTypes() throws Exception {
    Path folder = Path.of(HengeClient.class.getResource("HengeClient.class").toURI()).getParent();
    List<Class<?>> types = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".class") && !name.equals("package-info.class"))
          .forEach(name -> types.add(load(name.substring(0, name.length() - 6))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    types.removeIf(type -> !Modifier.isPublic(type.getModifiers()));
    return types;
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName(HengeClient.class.getPackageName() + '.' + name);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<Type> typesIn(Class<?> type) {
    List<Type> types = new ArrayList<>(List.of(type.getGenericInterfaces()));
    for (Method method : type.getMethods()) {
      types.add(method.getGenericReturnType());
      types.addAll(Arrays.asList(method.getGenericParameterTypes()));
      types.addAll(Arrays.asList(method.getGenericExceptionTypes()));
    }
    for (Constructor<?> constructor : type.getConstructors()) {
      types.addAll(Arrays.asList(constructor.getGenericParameterTypes()));
    }
    for (Field field : type.getFields()) {
      types.add(field.getGenericType());
    }
    return types;
  }
}
