# SPDX-License-Identifier: Apache-2.0
# One library a folder of sim/, model/ and tools/, with the folders in it; one test binary likewise.
# Layers: sim < model < tools.

add_library(txgsim_flags INTERFACE)
target_include_directories(txgsim_flags INTERFACE ${PROJECT_SOURCE_DIR})
# -ffp-contract=off: a fused multiply-add would make results depend on the target.
target_compile_options(txgsim_flags INTERFACE -Wall -Wextra -Wshadow -Werror -ffp-contract=off
  -Wno-missing-field-initializers)  # Designated initialisers leave out what has a default.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports false positives in coroutine frames and inlined std::string copies.
  target_compile_options(txgsim_flags INTERFACE -Wno-maybe-uninitialized -Wno-restrict -Wno-dangling-pointer
    -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds)
endif()
if(TXGSIM_SANITIZE)
  target_compile_options(txgsim_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(txgsim_flags INTERFACE -fsanitize=address,undefined)
endif()
if(NOT TXGSIM_RECORDER)
  target_compile_definitions(txgsim_flags INTERFACE TXGSIM_NO_RECORDER)
endif()

# What nearly every file includes, parsed once for all libraries and once for all tests: most of the time of a
# build from nothing is that of parsing headers.
option(TXGSIM_PCH "Use precompiled headers" ON)
if(CCACHE_PROGRAM AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fpch-preprocess)  # Else ccache cannot tell what a file depends on.
elseif(CCACHE_PROGRAM AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")  # Else each is another file.
endif()
set(txgsim_pch <algorithm> <any> <array> <coroutine> <deque> <functional> <limits> <map> <memory> <optional> <set>
  <string> <string_view> <utility> <variant> <vector> <absl/container/btree_map.h> <absl/status/statusor.h>
  <fmt/format.h>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Precompiled, or preprocessed for a compiler cache, libstdc++ loses the pragma that lets std::stable_sort
  # use its own deprecated function.
  target_compile_options(txgsim_flags INTERFACE -Wno-deprecated-declarations)
endif()
# txgsim_precompile(NAME FIRST HEADERS...): the first target that names FIRST makes it, the others share it.
function(txgsim_precompile name first)
  if(NOT TXGSIM_PCH)
    return()
  endif()
  get_property(made GLOBAL PROPERTY ${first})
  if(made)
    target_precompile_headers(${name} REUSE_FROM ${made})
  else()
    target_precompile_headers(${name} PRIVATE ${txgsim_pch} ${ARGN})
    set_property(GLOBAL PROPERTY ${first} ${name})
  endif()
endfunction()

set(TXGSIM_TEST_FLAGS "" CACHE STRING "Compile options of test files, after the others; they take longest to compile")

# txgsim_library(NAME DEPS...): every .cc of the current folder and those in it.
function(txgsim_library name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC txgsim_flags ${ARGN})
    txgsim_precompile(${name} txgsim_library_pch)
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE txgsim_flags ${ARGN})
  endif()
endfunction()

# txgsim_test(FOLDER DEPS...): every .cc of tests/FOLDER and the folders in it as one binary, one ctest entry a test case.
function(txgsim_test folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${folder}/*.cc)
  if(NOT sources)
    return()
  endif()
  string(REPLACE "/" "_" name ${folder})
  add_executable(${name}_test ${sources})
  target_link_libraries(${name}_test PRIVATE ${ARGN} GTest::gmock GTest::gtest_main)
  target_compile_options(${name}_test PRIVATE ${TXGSIM_TEST_FLAGS})
  txgsim_precompile(${name}_test txgsim_test_pch <gmock/gmock.h> <gtest/gtest.h>)
  target_compile_definitions(${name}_test PRIVATE TXGSIM_SOURCE_DIR="${PROJECT_SOURCE_DIR}" TXGSIM_BINARY_DIR="${CMAKE_BINARY_DIR}")
  gtest_discover_tests(${name}_test DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 600 LABELS ${name})
endfunction()
