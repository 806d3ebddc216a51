# Warnings for everybody, errors in development, hardening in release, sanitizers on request.
add_compile_options(-Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes
                    -Wvla -Wformat=2 -Wno-format-zero-length -fno-common -fno-omit-frame-pointer)
# Not with sanitizers: what they insert makes gcc warn of things that cannot happen.
if(HOSO_WERROR)
  add_compile_options(-Werror)
endif()
if(HOSO_SANITIZE)
  add_compile_options(-fsanitize=${HOSO_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${HOSO_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  add_compile_options(-D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection
                      -fcf-protection)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  add_link_options(-pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()

# A hundred test programs are linked: several times faster by gold (in Debian's binutils). What is released is not; nor the fuzz
# targets, where it warns of what clang's sanitizer exports.
find_program(HOSO_GOLD ld.gold)
if(HOSO_TESTS AND HOSO_GOLD AND NOT HOSO_FUZZ)
  add_link_options(-fuse-ld=gold)
endif()
