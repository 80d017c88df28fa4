// What models can be trained on here.
#include <manygpcm/kernels/cpu.h>
#include <manygpcm/kernels/devices.h>

#include <iostream>
#include <string>

int main() {
    std::cout << "cpu (" << manygpcm::kernels::instruction_set() << ")\n";
    for (const std::string& name : manygpcm::kernels::device_names())
        std::cout << name << '\n';
}
