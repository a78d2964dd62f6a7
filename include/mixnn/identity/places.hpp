#pragma once
#include <filesystem>
#include <string>

namespace mixnn {

// Where the files of this folder lie if nobody says otherwise: $XDG_CONFIG_HOME/mixnn, else
// ~/.config/mixnn. What belongs to a machine has the host's name in its own, since many hosts may
// share a home. All are empty if neither variable is set.
std::string host_name();
std::filesystem::path machine_key_place();   // identity.HOST: this machine's secret key
std::filesystem::path known_owners_place();  // owners.HOST: whom this machine serves
std::filesystem::path roster_place();        // roster: which machines the owner trusts

// One line if other hosts can read the folder of this file, too: they have keys of their own there,
// or it lies on a network's file system. Empty if nothing tells of it.
std::string shared_folder_warning(const std::filesystem::path& file);

}  // namespace mixnn
